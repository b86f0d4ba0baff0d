/** Random graphs with PyTorch's outputs: a few samples in the repository, all values if CI made them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend, CompileOptions } from '../../engine/index.js';
import { sizeOf } from '../../graph/operations/operation.js';
import { optimise } from '../../graph/passes/index.js';
import { fixtures } from './places.js';
import { pixels } from './pseudo-random.js';
import { bindRandomGraph, type RandomGraph } from './random-graph.js';
import { relativeError, type Sample, sampledError } from './relative-error.js';
import { assert, suite } from './test.js';

export interface TapValues {
  shape: readonly number[];
  data: ArrayLike<number>;
}

export interface GraphGolden {
  graph: RandomGraph;
  /** Distance of tap `index` from PyTorch's, relative to the largest value; infinite if the shapes differ. */
  error(index: number, output: TapValues): number;
}

/** The graphs in the repository: of convolutions, or of the operations of transformers. */
export function sampledGraphs(kind: 'random' | 'token' = 'random'): GraphGolden[] {
  const path = join(fixtures, 'engine', 'simd', `${kind}-graphs.json`);
  const stored: (RandomGraph & { outputs: Sample[] })[] = JSON.parse(readFileSync(path, 'utf8'));
  return stored.map(({ outputs, ...graph }) => ({
    graph,
    error: (index, { shape, data }) => sampledError(outputs[index]!, shape, data),
  }));
}

/** The graphs that `spec/ci/fuzz.sh` made in the folder `IMAGE_DRIFT_FUZZ`; null without them. */
export function allGraphs(): GraphGolden[] | null {
  const folder = process.env['IMAGE_DRIFT_FUZZ'];
  if (folder === undefined || !existsSync(folder)) return null;
  const graphs: RandomGraph[] = JSON.parse(readFileSync(join(folder, 'graphs.json'), 'utf8'));
  const shapes: number[][][] = JSON.parse(readFileSync(join(folder, 'shapes.json'), 'utf8'));
  const { buffer } = new Uint8Array(readFileSync(join(folder, 'outputs.f64')));
  let at = 0;
  return graphs.map((graph, i) => {
    const expected = shapes[i]!.map((shape) => {
      const values = new Float64Array(buffer, at, sizeOf(shape));
      at += values.byteLength;
      return { shape, values };
    });
    return {
      graph,
      error(index, { shape, data }) {
        const { shape: right, values } = expected[index]!;
        return right.join() === shape.join() ? errorOf(data, values) : Number.POSITIVE_INFINITY;
      },
    };
  });
}

/** Values all this near 0 are the rest of larger ones, with their rounding errors: relative errors say nothing. */
const CLOSE_TO_ZERO = 0.01;
/**
 * Values that are 0 except for float64's rounding: the norm of equal values (token graph 5130). float32 can have one
 * last digit of those, divided by √ε, so errors are absolute.
 */
const ZERO = 1e-12;

function errorOf(data: ArrayLike<number>, expected: ArrayLike<number>): number {
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (largest >= CLOSE_TO_ZERO) return relativeError(data, expected);
  const errors = Array.from(expected, (value, i) => Math.abs(data[i]! - value));
  return errors.reduce((most, error) => Math.max(most, error), 0) / (largest < ZERO ? 1 : CLOSE_TO_ZERO);
}

/** Largest error over the taps, on this backend alone. @param passes whether the graph goes through our passes first */
export async function graphError(
  { graph, error }: GraphGolden,
  backend: Backend,
  precision: CompileOptions['precision'],
  passes: boolean,
): Promise<number> {
  const { name, rows, height, width, mean, std } = graph;
  const bound = bindRandomGraph(graph);
  const taps = [...new Set(graph.taps)];
  const model = passes ? optimise(bound, new Set(taps)) : bound;
  const program = await backend.compile(model, { taps, scores: false, mean, std, precision });
  try {
    const data = pixels(`${name}/pixels`, rows * height * width * 3);
    const outputs = await program.run({ rows, height, width, data });
    return Math.max(...graph.taps.map((tap, i) => error(i, outputs.taps.get(tap)!)));
  } finally {
    await program.dispose();
  }
}

// A spec for each random graph, on one backend in every precision that promises float32.

const TOLERANCE = 1e-5;
/** A norm of values that hardly differ enlarges rounding errors, and few networks have so many norms. */
export const TOKEN_TOLERANCE = 1e-4;

export function randomGraphSpecs(backend: Backend, goldens: readonly GraphGolden[], tolerance = TOLERANCE): void {
  const { precisions } = backend;
  const specs = suite(`random graphs on ${backend.name}`);
  const worst = new Map<string, { error: number; graph: string }>();
  for (const [i, golden] of goldens.entries()) {
    // Every other graph stays as drawn, with the norms and activations that our passes would merge.
    const passes = i % 2 === 0;
    const graph = golden.graph.name;
    specs(`${graph}${passes ? '' : ', as drawn'}`, async () => {
      for (const precision of precisions) {
        const error = await graphError(golden, backend, precision, passes);
        if (error >= (worst.get(precision)?.error ?? 0)) worst.set(precision, { error, graph });
        assert.ok(error <= tolerance, `${precision}: ${error} relative to the largest value`);
      }
    });
  }
  specs.after(() => {
    for (const [precision, { error, graph }] of worst) {
      console.log(`${goldens.length} graphs, ${precision}: at most ${error.toExponential(1)} (${graph})`);
    }
  });
}
