/** Damages the JSON of an exported program, whose archive stays whole, most often in what its reader reads. */
import { unzipSync, type Zippable, zipSync } from 'fflate';
import type { Random } from '../../../base/index.js';
import { type EditableProgram, mutateJson, PROGRAM } from '../../support/exported-program.js';

const PARTS = ['nodes', 'nodes', 'nodes', 'tensor_values', 'signature', 'graph', 'program'] as const;

export function mutateProgram(file: Uint8Array, random: Random): { bytes: Uint8Array; told: string } {
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
