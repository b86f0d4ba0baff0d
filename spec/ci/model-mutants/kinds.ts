/** Files that have a network, or describe one: how each is damaged, read here, and computed. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { unzipSync, type Zippable, zipSync } from 'fflate';
import { Random } from '../../../base/index.js';
import { convertCheckpoint } from '../../../convert/index.js';
import { prepareModel } from '../../../engine/contract/prepared-model.js';
import { type BoundGraph, bind, inferShapes } from '../../../graph/index.js';
import { sizeOf as productOf, type Values } from '../../../graph/operations/operation.js';
import { optimise } from '../../../graph/passes/index.js';
import { runReference } from '../../../graph/reference.js';
import { graphOf, storedGraph } from '../../../graph/stored/index.js';
import { readWeights } from '../../../weights/index.js';
import {
  type EditableProgram,
  exportedFolder,
  mutateJson,
  mutateJsonFile,
  PROGRAM,
} from '../../support/exported-program.js';
import { fixtureImages, tfjsFolder, tfjsImages } from '../../support/image-files.js';
import { mutate, mutateArchive } from '../../support/mutate.js';
import { networkOf } from '../../support/onnx-file.js';
import { fixtures } from '../../support/places.js';
import { mutateOnnx } from './mutate-onnx.js';

/** A network that was read: what it computes for two images. */
export interface Computed {
  images: Values;
  /** By the names that the file has for its outputs; `''` is the one that is taken for the output. */
  outputs: Record<string, readonly number[]>;
}

/** Null stands for what JSON has no number for. */
export type Numbers = readonly (number | null)[];

export interface Kind {
  name: string;
  files: readonly string[];
  /** Writes a mutant into a folder. @returns what is read, and what was done */
  place(file: string, seed: number, folder: string): { path: string; told: string };
  /** Null: it takes too long to compute by definition. @throws CodedError */
  read(path: string, file: string): Promise<Computed | null>;
}

export const IMAGES = 2;
/** Libraries compute in float32, which has no squares of larger values. */
const LARGEST = 1e15;
/** Values and products that are computed at most. */
const MOST = 3e7;

export const KINDS: readonly Kind[] = [
  {
    name: 'onnx',
    files: listed(join(fixtures, 'onnx'), '.onnx'),
    place(file, seed, folder) {
      const random = new Random(seed);
      const whole = readFileSync(file);
      return put(folder, 'model.onnx', random.below(4) === 0 ? mutate(whole, random) : mutateOnnx(whole, random));
    },
    read: (path, file) => computed(path, fixtureImages(IMAGES, sizeOf(file))),
  },
  {
    name: 'exported-program',
    files: listed(exportedFolder, '.pt2'),
    place(file, seed, folder) {
      const random = new Random(seed);
      const whole = readFileSync(file);
      if (random.below(4) > 0) return put(folder, 'model.pt2', mutateProgram(whole, random));
      const { bytes, mutation: told } = mutateArchive(whole, seed);
      return put(folder, 'model.pt2', { bytes, told });
    },
    read: (path, file) => computed(path, fixtureImages(IMAGES, sizeOf(file))),
  },
  {
    name: 'tfjs-model',
    files: readdirSync(tfjsFolder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(tfjsFolder, name)),
    place(file, seed, folder) {
      cpSync(file, folder, { recursive: true });
      const path = join(folder, 'model.json');
      return { path, told: mutateJsonFile(path, path, new Random(seed)) };
    },
    async read(path, file) {
      const { size } = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as { size: [number, number, number] };
      return computed(path, tfjsImages(IMAGES, size));
    },
  },
  {
    name: 'hub-folder',
    files: listed(join(fixtures, 'convert', 'families'), '').filter((file) =>
      readdirSync(file).includes('config.json'),
    ),
    place(file, seed, folder) {
      for (const name of ['config.json', 'model.safetensors']) cpSync(join(file, name), join(folder, name));
      const config = join(folder, 'config.json');
      return { path: folder, told: mutateJsonFile(config, config, new Random(seed)) };
    },
    async read(path, file) {
      const { side } = JSON.parse(readFileSync(join(file, 'expected.json'), 'utf8')) as { side: number };
      const out = join(path, 'weights');
      const { config } = await convertCheckpoint(path, out, { size: [side, side], mean: [0.5], std: [0.5] });
      const weights = await readWeights(out);
      const { model, tapNodes } = prepareModel(weights, { tap: ['', config.tap], scores: false });
      const images = fixtureImages(IMAGES, side);
      const values = isCheap(model, side, side) ? runReference(model, images) : null;
      if (values === null || !isInRange(values)) return null;
      return {
        images,
        outputs: Object.fromEntries([...tapNodes].map(([name, node]) => [name, [...values.get(node)!.data]])),
      };
    },
  },
];

function listed(folder: string, end: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(end))
    .sort()
    .map((name) => join(folder, name));
}

/** The size of the images that a fixture was made for. */
function sizeOf(file: string): number {
  const name = basename(file).split('.')[0]!;
  const { size } = JSON.parse(readFileSync(join(dirname(file), `${name}.json`), 'utf8')) as { size: number };
  return size;
}

function put(folder: string, name: string, { bytes, told }: { bytes: Uint8Array; told: string }) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), bytes);
  return { path: join(folder, name), told };
}

/** What every output that is a layer gives, and the one that is taken for the output. */
async function computed(path: string, images: Values): Promise<Computed | null> {
  const { graph, tensors } = await networkOf(path, { hasClasses: false });
  const stored = graphOf(JSON.parse(JSON.stringify(storedGraph(graph))));
  const bound = optimise(bind(stored, tensors), new Set([stored.output]));
  const [, , height = 0, width = 0] = images.shape;
  if (!isCheap(bound, height, width)) return null;
  const all = runReference(bound, images);
  if (!isInRange(all)) return null;
  const values = all.get(stored.output)!;
  const names = [...stored.modules].filter(([, node]) => node === stored.output).map(([name]) => name);
  return { images, outputs: Object.fromEntries(names.map((name) => [name, [...values.data]])) };
}

function isInRange(values: ReadonlyMap<string, Values>): boolean {
  return [...values.values()].every(({ data }) => data.every((value) => !(Math.abs(value) > LARGEST)));
}

function isCheap({ graph, tensors }: BoundGraph, height: number, width: number): boolean {
  let cost = 0;
  const weights = new Map<string, number>();
  for (const [name, { shape, data }] of tensors) {
    if (name.endsWith('.weight') && shape.length > 1)
      weights.set(name.slice(0, -'.weight'.length), data.length / shape[0]!);
  }
  for (const [name, shape] of inferShapes(graph, { height, width })) {
    cost += productOf(shape) * (weights.get(name) ?? 4);
  }
  return cost <= MOST;
}

const PARTS = ['nodes', 'nodes', 'nodes', 'tensor_values', 'signature', 'graph', 'program'] as const;

/** Damages the JSON of an exported program, whose archive stays whole, most often in what its reader reads. */
function mutateProgram(file: Uint8Array, random: Random): { bytes: Uint8Array; told: string } {
  const members = unzipSync(file);
  const name = Object.keys(members).find((each) => each.endsWith(PROGRAM))!;
  const program = JSON.parse(withoutLargeNumbers(Buffer.from(members[name]!).toString())) as EditableProgram;
  const part = PARTS[random.below(PARTS.length)]!;
  const told = `${part}: ${mutateJson(partOf(program, part), random)}`;
  const changed = { ...members, [name]: Buffer.from(withLargeNumbers(JSON.stringify(program))) };
  const stored = Object.entries(changed).map(([path, bytes]): [string, Zippable[string]] => [
    path,
    [bytes, { level: 0 }],
  ]);
  return { bytes: zipSync(Object.fromEntries(stored)), told };
}

function partOf(program: EditableProgram, part: (typeof PARTS)[number]): unknown {
  const { graph, signature } = program.graph_module;
  if (part === 'signature') return signature;
  if (part === 'graph') return graph;
  return part === 'program' ? program : graph[part];
}

/** As strings: JavaScript would round a number such as 2^63 - 1, the end of a slice without one, and torch refuse the result. */
function withoutLargeNumbers(json: string): string {
  return json.replace(/(?<=[[:,] ?)\d{16,}(?=[,}\]])/g, '"#$&"');
}

function withLargeNumbers(json: string): string {
  return json.replace(/"#(\d+)"/g, '$1');
}
