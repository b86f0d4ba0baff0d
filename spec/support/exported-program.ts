import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync, type Zippable, zipSync } from 'fflate';
import type { Random } from '../../base/index.js';
import { mutate } from './mutate.js';
import { fixtures, temporaryFolder } from './places.js';

export const exportedFolder = join(fixtures, 'convert', 'exported');

export interface EditableProgram {
  schema_version: { major: number; minor: number };
  graph_module: {
    graph: {
      inputs: Record<string, unknown>[];
      outputs: Record<string, unknown>[];
      nodes: {
        target: string;
        inputs: { name: string; arg: Record<string, unknown>; kind: number }[];
        outputs: Record<string, unknown>[];
        metadata: Record<string, string>;
      }[];
      tensor_values: Record<string, { dtype: number; sizes: unknown[] }>;
    };
    signature: { input_specs: Record<string, unknown>[]; output_specs: Record<string, unknown>[] };
  };
}

export type Members = Map<string, Uint8Array>;

/** Members by their paths in the archive's folder. */
export function membersOf(file: string): Members {
  const members = Object.entries(unzipSync(readFileSync(join(exportedFolder, file))));
  return new Map(members.map(([name, bytes]) => [name.slice(name.indexOf('/') + 1), bytes]));
}

/** @returns its path @param level 0: stored, as PyTorch does */
export function writeMembers(members: Members, level: 0 | 6 = 0, top = 'model/'): string {
  const entries = [...members].map(([name, bytes]): [string, Zippable[string]] => [top + name, [bytes, { level }]]);
  const path = join(temporaryFolder(), 'model.pt2');
  writeFileSync(path, zipSync(Object.fromEntries(entries)));
  return path;
}

/** @returns its path */
export function editedProgram(file: string, edit: (program: EditableProgram, members: Members) => void): string {
  const members = membersOf(file);
  const program = JSON.parse(Buffer.from(members.get(PROGRAM)!).toString()) as EditableProgram;
  edit(program, members);
  if (members.has(PROGRAM)) members.set(PROGRAM, Buffer.from(JSON.stringify(program)));
  return writeMembers(members);
}

export const PROGRAM = 'models/model.json';

const VALUES: readonly unknown[] = [
  ...[0, 1, -1, 7, 1e9, 2 ** 53, -0.5],
  ...['', 'x', 'conv2d', null, true, [], {}, [1, 2], 'inf'],
];

/** Damages a JSON file: values anywhere, every eighth time bytes. @returns what was done */
export function mutateJsonFile(from: string, to: string, random: Random): string {
  const whole = readFileSync(from);
  if (random.below(8) === 0) {
    const { bytes, told } = mutate(whole, random);
    writeFileSync(to, bytes);
    return told;
  }
  const json: unknown = JSON.parse(whole.toString());
  const told = mutateJson(json, random);
  writeFileSync(to, JSON.stringify(json));
  return told;
}

/** Changes a few values anywhere in a JSON document. @returns what it did */
export function mutateJson(root: unknown, random: Random): string {
  const told: string[] = [];
  for (let i = 0; i <= random.below(3); i++) {
    let [holder, key, path] = [root, '', ''];
    for (;;) {
      const keys = Object.keys(holder as object);
      key = keys[random.below(keys.length)]!;
      path += `.${key}`;
      const next = (holder as Record<string, unknown>)[key];
      const isInner = typeof next === 'object' && next !== null && Object.keys(next).length > 0;
      if (!isInner || random.below(12) === 0) break;
      holder = next;
    }
    // A copy, since a later change may go into it.
    const value = structuredClone(VALUES[random.below(VALUES.length)]);
    if (Array.isArray(holder) && random.below(3) === 0) holder.splice(Number(key), 1);
    else (holder as Record<string, unknown>)[key] = value;
    told.push(`${path} = ${JSON.stringify(value)}`);
  }
  return told.join(', ');
}
