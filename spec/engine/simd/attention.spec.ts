/** Attention on our own kernels, of as many tokens and as wide as networks have it, compared with its formula in float64. */
import { Random } from '../../../base/index.js';
import { loadBackend } from '../../../engine/index.js';
import { bind, type GraphNode } from '../../../graph/index.js';
import type { Tensor } from '../../../weights/index.js';
import { relativeError } from '../../support/relative-error.js';
import { softmax } from '../../support/simd/reference-views.js';
import { assert, longTest, test } from '../../support/test.js';

/** 197: ViT at 224 pixels. 257, 1370: DINOv2 at 224 and 518. */
const TOKENS = [1, 5, 197, 257, 1370];
const WIDTHS = [24, 32, 64, 80];
/** Relative to the largest value: float32 sums of up to 1,370 products. */
const TOLERANCE = 2e-6;

/** Queries, keys and values of all heads, computed, so that they lie in the arena: their negatives are the tensors. */
function modelOf(tensors: ReadonlyMap<string, Tensor>, causal: boolean) {
  const inputs = [...tensors].flatMap(([name, { shape }]): GraphNode[] => [
    { name, inputs: [], op: 'parameter', attrs: { shape: [...shape] } },
    { name: `of ${name}`, inputs: [name], op: 'pointwise', attrs: { function: 'neg' } },
  ]);
  const node: GraphNode = {
    name: 'attention',
    inputs: [...tensors.keys()].map((name) => `of ${name}`) as [string, string, string],
    op: 'attention',
    attrs: causal ? { causal } : {},
  };
  const nodes: GraphNode[] = [{ name: ':input', inputs: [], op: 'input' }, ...inputs, node];
  return bind({ nodes, output: node.name, modules: new Map() }, new Map(tensors));
}

function expectedRow([q, k, v]: Float32Array[], row: number, tokens: number, width: number, causal: boolean): number[] {
  const head = Math.floor(row / tokens) * tokens;
  const scores = Array.from({ length: causal ? row - head + 1 : tokens }, (_, s) => {
    let dot = 0;
    for (let e = 0; e < width; e++) dot += q![row * width + e]! * k![(head + s) * width + e]!;
    return dot / Math.sqrt(width);
  });
  const output = Array<number>(width).fill(0);
  for (const [s, share] of softmax(scores).entries()) {
    for (let e = 0; e < width; e++) output[e]! -= share * v![(head + s) * width + e]!;
  }
  return output;
}

for (const tokens of TOKENS) {
  for (const width of WIDTHS) {
    for (const causal of [false, true]) {
      const register = tokens > 1000 ? longTest : test;
      register(`${tokens} tokens, heads ${width} wide${causal ? ', causal' : ''}`, async () => {
        const heads = tokens > 1000 ? 1 : 2;
        const random = new Random(tokens * width);
        const values = () => Float32Array.from({ length: heads * tokens * width }, () => random.normal());
        const data = [values(), values(), values()];
        const shape = [heads, tokens, width];
        const tensors = new Map(['q', 'k', 'v'].map((name, i) => [name, { shape, data: data[i]! }]));
        const backend = await loadBackend('simd');
        const normalisation = { mean: [0, 0, 0], std: [1, 1, 1] };
        const task = { ...normalisation, scores: false, precision: 'float32', taps: ['attention'] } as const;
        const program = await backend.compile(modelOf(tensors, causal), task);
        const { taps } = await program.run({ rows: 1, height: 2, width: 2, data: new Uint8Array(12) });
        await program.dispose();
        const rows = Array.from({ length: heads * tokens }, (_, row) => expectedRow(data, row, tokens, width, causal));
        const error = relativeError(taps.get('attention')!.data, Float32Array.from(rows.flat()));
        assert.ok(error <= TOLERANCE, `${error} relative to the largest value`);
      });
    }
  }
}
