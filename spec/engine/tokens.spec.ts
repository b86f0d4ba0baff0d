import { openRunner } from '../../engine/choice/open-runner.js';
import { type Backend, type ImageBatch, loadBackend } from '../../engine/index.js';
import { checkOptions } from '../../engine/options/index.js';
import { resolveTap } from '../../graph/index.js';
import { optimise } from '../../graph/passes/index.js';
import { runReference } from '../../graph/reference.js';
import { networkInput } from '../support/network-goldens.js';
import { pixels } from '../support/pseudo-random.js';
import { relativeError } from '../support/relative-error.js';
import { assert, refusal, test } from '../support/test.js';
import { tfjsOnCpu } from '../support/tfjs-on-cpu.js';
import { SIDE, TAPS, tokenNetwork } from '../support/token-network.js';

const bound = tokenNetwork();
const taps = TAPS.map((name) => (bound.graph.modules.has(name) ? resolveTap(bound.graph, name) : name));
const [mean, std] = [[0.5, 0.4, 0.3] as const, [0.2, 0.3, 0.25] as const];
const compile = { taps, scores: false, mean, std, precision: 'float32' } as const;

function batch(rows: number, side = SIDE): ImageBatch {
  return { rows, height: side, width: side, data: pixels(`${rows} of ${side}`, rows * side * side * 3) };
}

const expected = runReference(bound, networkInput(batch(3), mean, std));
const optimised = optimise(bound, new Set(taps), { height: SIDE, width: SIDE });

test('optimised: the same values; what depends on tensors only is a tensor', () => {
  const found = runReference(optimised, networkInput(batch(3), mean, std));
  for (const tap of taps) {
    assert.equal(found.get(tap)!.shape, expected.get(tap)!.shape);
    assert.ok(relativeError(found.get(tap)!.data, expected.get(tap)!.data) < 1e-6, tap);
  }
  const parameters = optimised.graph.nodes.filter(({ op }) => op === 'parameter').map(({ name }) => name);
  assert.ok(parameters.includes('blocks.0.attn:bias'));
  assert.not.ok(parameters.includes('blocks.0.attn.bias_table'), 'nothing reads the table any more');
  assert.not.ok(optimised.graph.nodes.some(({ op }) => op === 'gather'));
});

/** Those that a user may install are compared if they are there. */
const engines: Backend[] = [tfjsOnCpu, await loadBackend('simd')];
for (const name of ['onnxruntime', 'tensorflow']) {
  const backend = await loadBackend(name);
  const { ok, reason } = await backend.availability();
  if (ok) engines.push(backend);
  else console.log(`SKIPPED (${reason}): network of tokens on ${name}`);
}

for (const backend of engines) {
  for (const [what, model] of [
    ['as drawn', bound],
    ['optimised', optimised],
  ] as const) {
    test(`${backend.name}, ${what}: taps of every rank, in PyTorch's order`, async () => {
      const program = await backend.compile(model, compile);
      const outputs = await program.run(batch(3));
      for (const tap of taps) {
        const { shape, data } = outputs.taps.get(tap)!;
        assert.equal(shape, expected.get(tap)!.shape);
        assert.ok(relativeError(data, expected.get(tap)!.data) < 2e-6, tap);
      }
      await program.dispose();
    });
  }
}

test('a batch changes no image', async () => {
  const program = await (await loadBackend('simd')).compile(optimised, compile);
  const [whole, images] = [await program.run(batch(3)), batch(3)];
  const size = SIDE * SIDE * 3;
  for (const row of [0, 1, 2]) {
    const alone = await program.run({ ...images, rows: 1, data: images.data.slice(row * size, (row + 1) * size) });
    for (const tap of taps) {
      const { data } = whole.taps.get(tap)!;
      const length = data.length / 3;
      assert.equal(alone.taps.get(tap)!.data, data.slice(row * length, (row + 1) * length), tap);
    }
  }
  await program.dispose();
});

async function openSimd() {
  const notices: string[] = [];
  const settings = checkOptions({ backend: 'simd', threads: 1, onNotice: (text) => notices.push(text) });
  const image = { height: SIDE, width: SIDE };
  const runner = await openRunner({ ...settings, cores: 1, model: optimised, compile, weightsSha256: '0', image });
  return { runner, notices };
}

test('simd runs it to the end, and says nothing', async () => {
  const { runner, notices } = await openSimd();
  const outputs = await runner.run(batch(3));
  assert.ok(relativeError(outputs.taps.get(taps[5]!)!.data, expected.get(taps[5]!)!.data) < 2e-6);
  assert.is(runner.session.backend.name, 'simd');
  assert.equal(notices, []);
  await runner.dispose();
});

test('images of another size are refused with both sizes', async () => {
  const { runner } = await openSimd();
  const error = await refusal('BAD_IMAGE_SIZE', () => runner.session.batchSize({ height: 16, width: 16 }));
  assert.is(error.message, `images of 16×16, the network takes ${SIDE}×${SIDE}`);
  await runner.dispose();
});
