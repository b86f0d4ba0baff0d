/** A spec for each random graph, on one backend in every precision that promises float32. */
import type { Backend } from '../../engine/index.js';
import { type GraphGolden, graphError } from './random-graph-goldens.js';
import { assert, suite } from './test.js';

const TOLERANCE = 1e-5;
/** A norm of values that hardly differ enlarges rounding errors, and few networks have so many norms. */
export const TOKEN_TOLERANCE = 1e-4;

export function randomGraphSpecs(backend: Backend, goldens: readonly GraphGolden[], tolerance = TOLERANCE): void {
  const precisions = backend.precisions.filter((precision) => precision !== 'float16');
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
