/** Which layer of the network gives the embeddings of the program, where it is not the one that was converted as such. */
import { CodedError } from '../../base/index.js';
import { inferShapes } from '../../graph/index.js';
import { networkGraph } from '../../graph/stored/index.js';
import type { Table } from './check-file.js';
import { agree } from './output-relations.js';
import type { ImageRunner, Model, Outputs } from './run-images.js';

/** Layers that are compared at once: each keeps its output. */
const MAX_LAYERS = 32;
/** Values of a map beside which a mean is taken, all images together. */
const MAX_MAP = 2 ** 24;

/**
 * @param indices which images
 * @param theirs the program's embeddings of these
 * @returns what the embedding is, with the flag where there is one; null if no layer gives it
 */
export async function layerOf(runner: ImageRunner, indices: readonly number[], theirs: Table): Promise<string | null> {
  const names = candidates(runner.model, theirs);
  if (names.length === 0) return null;
  const { preprocessing } = runner.model.config;
  const outputs = await runner.run(indices, { preprocessing, isReversed: false }, names).catch((error: unknown) => {
    // A network that runs as it is gives only some of its values.
    if (error instanceof CodedError) return null;
    throw error;
  });
  if (outputs === null) return null;
  // The last layer first: of several that are alike it is the one a person means.
  for (const name of names.toReversed()) {
    const way = wayOf(outputs, name, theirs);
    if (way !== null) return way;
  }
  return null;
}

/** Layers whose output has as many values, or as many channels, as the embedding of the program. */
function candidates({ config }: Model, { rows, columns }: Table): string[] {
  const { size } = config.preprocessing;
  if (size === null) return [];
  const graph = networkGraph(config);
  const shapes = inferShapes(graph, { height: size[0], width: size[1] });
  const names = [...graph.modules].filter(([name, node]) => {
    const shape = shapes.get(node) ?? [];
    const values = shape.reduce((a, b) => a * b, 1);
    const hasChannels = shape[0] === columns || (shape.length === 2 && shape[1] === columns);
    return name !== '' && name !== config.tap && values * rows <= MAX_MAP && (values === columns || hasChannels);
  });
  return names.slice(-MAX_LAYERS).map(([name]) => name);
}

function wayOf({ taps, shapes }: Outputs, name: string, theirs: Table): string | null {
  const output = taps.get(name)!;
  const shape = shapes.get(name)!;
  if (agree(theirs, output)) return `the output of ${name} (--tap ${name})`;
  if (
    shape.length === 3 &&
    agree(
      theirs,
      pooled(output, shape[0]!, (values) => sum(values) / values.length),
    )
  ) {
    return `the mean over all positions of ${name}`;
  }
  if (
    shape.length === 3 &&
    agree(
      theirs,
      pooled(output, shape[0]!, (values) => Math.max(...values)),
    )
  ) {
    return `the maximum over all positions of ${name}`;
  }
  if (shape.length !== 2) return null;
  const [tokens, width] = shape as [number, number];
  const first = strided(output, width, (row) => row.subarray(0, width));
  if (agree(theirs, first)) return `the first token of ${name}`;
  const mean = strided(output, width, (row) => {
    return Float32Array.from({ length: width }, (_, i) => {
      let total = 0;
      for (let token = 0; token < tokens; token++) total += row[token * width + i]!;
      return total / tokens;
    });
  });
  return agree(theirs, mean) ? `the mean of all tokens of ${name}` : null;
}

/** A value a channel. */
function pooled(map: Table, channels: number, reduce: (values: Float32Array) => number): Table {
  const area = map.columns / channels;
  return strided(map, channels, (row) => {
    return Float32Array.from({ length: channels }, (_, i) => reduce(row.subarray(i * area, (i + 1) * area)));
  });
}

function strided({ rows, columns, data }: Table, width: number, part: (row: Float32Array) => Float32Array): Table {
  const made = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) made.set(part(data.subarray(row * columns, (row + 1) * columns)), row * width);
  return { rows, columns: width, data: made };
}

function sum(values: Float32Array): number {
  return values.reduce((a, b) => a + b, 0);
}
