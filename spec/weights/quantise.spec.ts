import { decodeFloat16, decodeTensor, encodeFloat16, encodeTensor } from '../../weights/quantise.js';
import { assert, readFixture, refusal, test } from '../support/test.js';

interface Quantised {
  uint8: Record<string, { values: number[]; bytes: number[]; min: number; scale: number; decoded: number[] }>;
  float16: { values: number[]; bits: number[]; decoded: number[] };
}

const expected: Quantised = readFixture('weights', 'quantised.json');

for (const [name, { values, bytes, min, scale, decoded }] of Object.entries(expected.uint8)) {
  test(`uint8 equals tfjs's converter: ${name}`, () => {
    const tensor = { shape: [values.length, 1], data: Float32Array.from(values) };
    const encoded = encodeTensor(name, tensor, 'uint8');
    assert.equal([...encoded.bytes], bytes);
    if (encoded.quantization?.dtype !== 'uint8') throw new Error('not quantised to uint8');
    assert.is(encoded.quantization.scale, scale);
    assert.is(encoded.quantization.min, min + 0);
    assert.equal([...decodeTensor(encoded.bytes, encoded.quantization)].map(positiveZero), decoded.map(positiveZero));
  });
}

test('float16 equals numpy: ties, subnormals, the largest value', () => {
  const bits = encodeFloat16(Float32Array.from(expected.float16.values));
  assert.equal([...bits], expected.float16.bits);
  assert.equal([...decodeFloat16(bits)], expected.float16.decoded);
});

test('every finite float16 survives decoding and encoding', () => {
  const all = Uint16Array.from({ length: 0x10000 }, (_, i) => i).filter((bits) => (bits & 0x7c00) !== 0x7c00);
  assert.equal(encodeFloat16(decodeFloat16(all)), all);
  assert.is(decodeFloat16(Uint16Array.of(0x7c00))[0], Number.POSITIVE_INFINITY);
  assert.ok(Number.isNaN(decodeFloat16(Uint16Array.of(0x7e00))[0]));
});

test('float16 overflow names tensor and element', async () => {
  const tensor = { shape: [3], data: Float32Array.of(1, 65504, -65505) };
  const error = await refusal('WEIGHTS_FLOAT16_OVERFLOW', () => encodeTensor('fc.bias', tensor, 'float16'));
  assert.match(error.message, 'fc.bias: element 2 is -65505');
});

test('vectors stay float32 when the rest is uint8', () => {
  const { bytes, quantization } = encodeTensor(
    'bn1.running_var',
    { shape: [2], data: Float32Array.of(1e-4, 10) },
    'uint8',
  );
  assert.is(quantization, undefined);
  assert.equal([...decodeTensor(bytes, undefined)], [Math.fround(1e-4), 10]);
});

/** tfjs and numpy differ only in the sign of zero. */
function positiveZero(value: number): number {
  return value + 0;
}
