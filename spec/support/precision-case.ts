/** The networks of `spec/fixtures/engine/make_precision.py`: fitted weights, eight images, and the truth in float64. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageBatch } from '../../engine/index.js';
import { buildGraph } from '../../graph/backbones/index.js';
import { type BoundGraph, bind, type Graph } from '../../graph/index.js';
import { optimise } from '../../graph/passes/index.js';
import type { Tensor } from '../../weights/index.js';
import { formulaTensors } from './formula-tensors.js';
import { readFixture } from './places.js';
import { pixels } from './pseudo-random.js';

const IMAGES = 8;
const CLASSES = 1000;

/** Mean and standard deviation of the pixels. */
export const NORMALISATION = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;

/** The committed errors of PyTorch's float32. */
export interface Recorded {
  torch: string;
  processor: string;
  /** Case → layer → root mean square of the error, relative to that of the values. */
  cases: Record<string, Record<string, number>>;
}

export function recordedErrors(): Recorded {
  return readFixture('engine', 'precision.json');
}

/** The names of the layers whose outputs are compared, in the order of the graph. */
export function layersOf(name: string): string[] {
  const graph = graphOf(name);
  const { graph: optimised } = optimise(bind(graph, formulaTensors(graph)), new Set([graph.output]));
  return optimised.nodes.map((node) => node.name).filter((node) => !node.startsWith(':'));
}

export interface PrecisionCase {
  model: BoundGraph;
  batch: ImageBatch;
  /** Float64 outputs of the layers, one after the other. */
  truth: Float64Array;
}

/** @param root the folder that `make_precision.py` has written */
export function precisionCase(root: string, name: string, layers: readonly string[]): PrecisionCase {
  const graph = graphOf(name);
  const tensors = formulaTensors(graph);
  setStatistics(tensors, new Float32Array(readNumbers(join(root, name, 'statistics.f32'))));
  const [, height, width] = partsOf(name);
  return {
    model: optimise(bind(graph, tensors), new Set(layers)),
    batch: { rows: IMAGES, height, width, data: pixels(name, IMAGES * height * width * 3) },
    truth: new Float64Array(readNumbers(join(root, name, 'outputs.f64'))),
  };
}

function setStatistics(tensors: ReadonlyMap<string, Tensor>, fitted: Float32Array): void {
  const names = [...tensors.keys()].filter((name) => /\.running_(mean|var)$/.test(name)).sort();
  let at = 0;
  for (const name of names) {
    const { data } = tensors.get(name)!;
    data.set(fitted.subarray(at, at + data.length));
    at += data.length;
  }
}

function graphOf(name: string): Graph {
  return buildGraph({ backbone: partsOf(name)[0], head: [], classes: CLASSES });
}

/** `resnet18-97x75`: backbone, height, width. */
function partsOf(name: string): [string, number, number] {
  const [, backbone = '', height, width] = /^(\w+)-(\d+)x(\d+)$/.exec(name) ?? [];
  return [backbone, Number(height), Number(width)];
}

function readNumbers(file: string): ArrayBuffer {
  return new Uint8Array(readFileSync(file)).buffer;
}
