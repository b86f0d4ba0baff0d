import { type Embedded, Embedder, type EmbedderOptions, type ImageBatch } from '../../engine/index.js';
import type { Weights } from '../../weights/index.js';
import { pixels } from '../support/pseudo-random.js';
import { pseudoWeights } from '../support/pseudo-weights.js';
import { assert, collect, refusal, rejection, test } from '../support/test.js';

/** A small network: these specs are about batches, threads and errors, not about numbers. */
const weights: Weights = {
  ...pseudoWeights({ backbone: 'mobilenet_v2', head: [], classes: 4 }),
  sha256: 'a'.repeat(64),
};
const TAP = 'features.3';
const SIDE = 32;

interface NumberedBatch extends ImageBatch {
  number: number;
}

function batchOf(rows: number, number = 0, side = SIDE): NumberedBatch {
  return { rows, height: side, width: side, data: pixels(`batch ${number}`, rows * side * side * 3), number };
}

function withConfig(config: Partial<Weights['config']>): Weights {
  return { ...weights, config: { ...weights.config, ...config } };
}

async function embed(options: EmbedderOptions, batches: readonly NumberedBatch[]): Promise<Embedded<NumberedBatch>[]> {
  await using embedder = await Embedder.create(weights, { tap: TAP, ...options });
  return await collect(embedder.run(batches));
}

async function refused(code: string, batches: ImageBatch[], options: EmbedderOptions = {}, model = weights) {
  await using embedder = await Embedder.create(model, { tap: TAP, threads: 0, ...options });
  return await refusal(code, () => collect(embedder.run(batches)));
}

test('one result a batch, in order, with the batch itself; the same bits for any number of threads', async () => {
  const batches = [5, 1, 9, 0, 4, 2, 7].map((rows, number) => batchOf(rows, number));
  const alone = await embed({ threads: 0, batch: 4 }, batches);
  assert.equal(
    alone.map(({ input, rows }) => [input.number, rows]),
    batches.map(({ number, rows }) => [number, rows]),
  );
  for (const threads of [1, 2, 3]) {
    const results = await embed({ threads, batch: 4 }, batches);
    results.forEach((result, i) => {
      assert.is(result.input, batches[i]);
      assert.equal(result.taps, alone[i]!.taps);
      assert.equal(result.scores, alone[i]!.scores);
    });
  }
});

test('an engine that is warm gives the same bits; sizes that it cannot take are told by the first batch', async () => {
  const [expected] = await embed({ threads: 1 }, [batchOf(5)]);
  const embedder = await Embedder.create(weights, { tap: TAP, threads: 1 });
  await embedder.warmUp(5, SIDE, SIDE);
  await embedder.warmUp(1e9, 1e6, 1e6);
  const [warm] = await collect(embedder.run([batchOf(5)]));
  assert.equal(warm!.taps, expected!.taps);
  await embedder.close();
  await embedder.warmUp(5, SIDE, SIDE);
});

test('a batch computed in parts gives what it gives at once', async () => {
  const [whole] = await embed({ threads: 0, batch: 16 }, [batchOf(11)]);
  const [parts] = await embed({ threads: 0, batch: 4 }, [batchOf(11)]);
  const [a, b] = [whole!.taps.get(TAP)!, parts!.taps.get(TAP)!];
  assert.equal(b.shape, [11, 24, 8, 8]);
  assert.equal(b.shape, a.shape);
  const largest = a.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.ok(a.data.every((value, i) => Math.abs(value - b.data[i]!) <= 1e-5 * largest));
});

test('images of different sizes in one stream', async () => {
  const results = await embed({ threads: 2 }, [batchOf(2, 0, 32), batchOf(1, 1, 45), batchOf(3, 2, 32)]);
  const shapes = results.map(({ taps }) => taps.get(TAP)!.shape.join());
  assert.equal(shapes, ['2,24,8,8', '1,24,12,12', '3,24,8,8']);
});

test('an embedder runs again, and twice at once', async () => {
  await using embedder = await Embedder.create(weights, { tap: TAP, threads: 2 });
  const run = () => collect(embedder.run([batchOf(2, 0), batchOf(3, 1)]));
  const first = await run();
  assert.equal(await Promise.all([run(), run()]), [first, first]);
});

test('what it knows before it runs', async () => {
  const preprocessing = { ...weights.config.preprocessing, size: [64, 48] as [number, number] };
  await using embedder = await Embedder.create(withConfig({ tap: 'features.18', preprocessing }), { threads: 1 });
  assert.is(embedder.weightsSha256, 'a'.repeat(64));
  assert.is(embedder.config.tap, 'features.18');
  assert.is(embedder.backend, 'simd');
  assert.equal(embedder.taps, [{ name: 'features.18', shape: [1280, 2, 2] }]);
  assert.is(embedder.batchSize(64, 48), 96);
  assert.ok(embedder.batchSize(224, 224) < 64);

  await using anySize = await Embedder.create(weights, { tap: ['classifier', ''], threads: 1 });
  const unknown = ['classifier', ''].map((name) => ({ name, shape: null }));
  assert.equal(anySize.taps, unknown);
});

test('two names of one layer, and no scores', async () => {
  const [result] = await embed({ tap: ['classifier', '', 'classifier.1'], threads: 1, scores: false }, [batchOf(2)]);
  assert.is(result!.scores, null);
  assert.equal([...result!.taps.keys()], ['classifier', '', 'classifier.1']);
  assert.equal(result!.taps.get(''), result!.taps.get('classifier.1'));
});

test('a batch without images has outputs without rows', async () => {
  const [result] = await embed({ threads: 0 }, [batchOf(0)]);
  assert.equal(result!.taps.get(TAP), { shape: [0, 24, 8, 8], data: new Float32Array(0) });
  assert.is(result!.scores!.length, 0);
  assert.equal(await embed({ threads: 0 }, []), []);
});

for (const threads of [0, 2]) {
  test(`a consumer that leaves early ends the source; ${threads} threads`, async () => {
    let taken = 0;
    let returned = false;
    function* source() {
      try {
        for (; ; taken++) yield batchOf(1, taken);
      } finally {
        returned = true;
      }
    }
    const embedder = await Embedder.create(weights, { tap: TAP, threads });
    for await (const { input } of embedder.run(source())) {
      if (input.number === 4) break;
    }
    assert.ok(returned);
    assert.ok(taken <= 4 + threads + 4, `${taken} batches taken`);
    await embedder.close();
  });

  test(`an error of the source comes after the results before it; ${threads} threads`, async () => {
    async function* source() {
      yield batchOf(1, 0);
      yield batchOf(2, 1);
      throw new Error('the disk is gone');
    }
    const embedder = await Embedder.create(weights, { tap: TAP, threads });
    const numbers: number[] = [];
    const error = await rejection(async () => {
      for await (const { input } of embedder.run(source())) numbers.push(input.number);
    });
    assert.is(error.message, 'the disk is gone');
    assert.equal(numbers, [0, 1]);
    await embedder.close();
  });
}

test('closing while it runs ends the run with a code, and so does running after that', async () => {
  const embedder = await Embedder.create(weights, { tap: TAP, threads: 1 });
  function* endless() {
    while (true) yield batchOf(2);
  }
  const error = await rejection(async () => {
    for await (const _ of embedder.run(endless())) await embedder.close();
  });
  assert.is(error.code, 'EMBEDDER_CLOSED');
  assert.is((await rejection(() => collect(embedder.run([batchOf(1)])))).code, 'EMBEDDER_CLOSED');
  await embedder.close();
});

const badBatches: [string, ImageBatch, RegExp][] = [
  ['data too short', { ...batchOf(2), rows: 3 }, /at image 1: 3 images of 32×32×3 are 9,216 bytes, data has 6,144/],
  ['null', null as unknown as ImageBatch, /at image 1: null, an object with rows/],
  ['a number', 3 as unknown as ImageBatch, /at image 1: number, an object with rows/],
  ['rows not whole', { ...batchOf(2), rows: 1.5 }, /rows is 1.5/],
  ['no height', { ...batchOf(0), height: 0 }, /height is 0/],
  ['floats', { ...batchOf(1), data: new Float32Array(3072) as unknown as Uint8Array }, /no Uint8Array/],
];
for (const [name, batch, message] of badBatches) {
  test(`bad batch: ${name}`, async () => {
    assert.match((await refused('BAD_BATCH', [batchOf(1), batch])).message, message);
  });
}

test('images of another size than the model takes', async () => {
  const preprocessing = { ...weights.config.preprocessing, size: [32, 32] as [number, number] };
  const { message } = await refused('IMAGE_SIZE', [batchOf(1, 0, 40)], {}, withConfig({ preprocessing }));
  assert.match(message, '40×40, the model takes 32×32');
});

test('images smaller than the network can take', async () => {
  const vgg = pseudoWeights({ backbone: 'vgg11', head: [1], classes: 2 });
  await refused('IMAGE_TOO_SMALL', [batchOf(1, 0, 31)], { tap: 'features' }, vgg);
});

test('batches that no engine has memory for', async () => {
  await refused('BATCH_TOO_LARGE', [batchOf(1)], { batch: 65_536 });
});

const badOptions: [string, EmbedderOptions, string, string | null][] = [
  ['tap', { tap: 'featurs.3' }, 'UNKNOWN_TAP', 'Did you mean features.3?'],
  ['no tap', { tap: [] }, 'BAD_OPTION', null],
  ['backend', { backend: 'wasm' as 'simd' }, 'BAD_OPTION', null],
  ['near backend', { backend: 'simt' as 'simd' }, 'BAD_OPTION', 'Did you mean simd?'],
  ['threads', { threads: -1 }, 'BAD_OPTION', null],
  ['batch', { batch: 0 }, 'BAD_OPTION', null],
];
for (const [name, options, code, hint] of badOptions) {
  test(`bad option: ${name}`, async () => {
    const error = await refusal(code, () => Embedder.create(weights, options));
    if (hint !== null) assert.match(error.hint ?? '', hint);
  });
}

function withTensor(name: string, value: number): Weights {
  const tensor = weights.tensors.get(name)!;
  const data = tensor.data.slice();
  data[2] = value;
  return { ...weights, tensors: new Map([...weights.tensors, [name, { ...tensor, data }]]) };
}

for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`weights with ${value} are refused, with name and place`, async () => {
    const bad = withTensor('features.5.conv.2.weight', value);
    const { message } = await refusal('WEIGHTS_NOT_FINITE', () => Embedder.create(bad));
    assert.match(message, 'features.5.conv.2.weight');
    assert.match(message, 'element 2');
  });
}

for (const threads of [0, 1]) {
  test(`outputs that overflow are refused, with the image; ${threads} threads`, async () => {
    const weight = weights.tensors.get('classifier.1.weight')!;
    const huge = { ...weight, data: new Float32Array(weight.data.length).fill(3.4e38) };
    const tensors = new Map([...weights.tensors, ['classifier.1.weight', huge]]);
    const options = { tap: 'classifier.1', threads, batch: 2 };
    const { message } = await refused('OUTPUT_NOT_FINITE', [batchOf(5)], options, { ...weights, tensors });
    assert.match(message, /^images 0 to 1: image [01] gave -?(Infinity|NaN) at classifier.1$/);
  });
}
