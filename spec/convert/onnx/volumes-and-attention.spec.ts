/** Operators that become several nodes of the graph, beside plain loops: convolutions of volumes, and attention with a cache. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseModel } from '../../../convert/onnx/file/parse-model.js';
import { type CaseTensor, errorOf } from '../../support/onnx-cases/case.js';
import { inNetwork } from '../../support/onnx-cases/in-network.js';
import { type FileNode, onnxBytesOf } from '../../support/onnx-file.js';
import { uniform } from '../../support/pseudo-random.js';
import { refusal } from '../../support/rejects.js';

interface Volume {
  dims: number[];
  data: Float64Array;
}

const WINDOW = { strides: [2, 1, 3], dilations: [1, 2, 1], pads: [1, 0, 2, 0, 1, 1], group: 2 };

test('a convolution of volumes: strides, holes, uneven padding and groups', async () => {
  const [x, weight, bias] = [volume('x', [2, 4, 4, 5, 6]), volume('weight', [6, 2, 3, 2, 2]), volume('bias', [6])];
  const expected = convolved(x, weight, bias);
  assert.ok((await errorBeside({ op: 'Conv', attributes: WINDOW }, [x, weight, bias], expected)) < 1e-6);
});

test('a transposed convolution of volumes is its transpose: <conv(x), y> = <x, transposed(y)>', async () => {
  const weight = volume('weight', [6, 2, 3, 2, 2]);
  const [x, y] = [volume('x', [1, 4, 4, 5, 6]), volume('y', [1, 6, 2, 4, 3])];
  const forth = convolved(x, weight, { dims: [6], data: new Float64Array(6) });
  assert.equal(forth.dims, y.dims);
  const attributes = { ...WINDOW, output_padding: [0, 0, 1] };
  const [back] = await outputs({ op: 'ConvTranspose', attributes }, [y, weight]);
  const product = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, v, i) => sum + v * b[i]!, 0);
  assert.is(back!.length, x.data.length);
  assert.ok(Math.abs(product(forth.data, y.data) / product(x.data, back!) - 1) < 1e-6);
});

test('attention behind earlier keys, causal, with a softcap and a mask that hides a query from all keys', async () => {
  const [heads, queries, past, width] = [2, 3, 2, 4];
  const [q, k, v] = ['q', 'k', 'v'].map((name) => volume(name, [2, heads, queries, width])) as [Volume, Volume, Volume];
  const [pastK, pastV] = ['a', 'b'].map((name) => volume(name, [2, heads, past, width])) as [Volume, Volume];
  const keys = past + queries;
  const mask = volume('mask', [queries, keys]);
  mask.data.fill(Number.NEGATIVE_INFINITY, keys, 2 * keys);
  const expected = { dims: q.dims, data: new Float64Array(q.data.length) };
  for (let head = 0; head < 2 * heads; head++) {
    for (let i = 0; i < queries; i++) {
      const at = (now: Volume, before: Volume, key: number, c: number) =>
        key < past
          ? before.data[(head * past + key) * width + c]!
          : now.data[(head * queries + key - past) * width + c]!;
      const weights = Array.from({ length: keys }, (_, key) => {
        let dot = 0;
        for (let c = 0; c < width; c++) dot += (q.data[(head * queries + i) * width + c]! * at(k, pastK, key, c)) / 2;
        return key > i + past ? 0 : Math.exp(0.5 * Math.tanh(dot / 0.5) + mask.data[i * keys + key]!);
      });
      const sum = weights.reduce((a, b) => a + b, 0) || 1;
      for (let c = 0; c < width; c++) {
        expected.data[(head * queries + i) * width + c] = weights.reduce(
          (a, w, key) => a + (w / sum) * at(v, pastV, key, c),
          0,
        );
      }
    }
  }
  const node = { op: 'Attention', attributes: { is_causal: 1, softcap: 0.5 } };
  assert.ok((await errorBeside(node, [q, k, v, mask, pastK, pastV], expected)) < 1e-6);
});

test('what does not fit is refused with both sizes', async () => {
  const refused = async (node: Pick<FileNode, 'op' | 'attributes'>, inputs: Volume[]) =>
    (await refusal('ONNX_NOT_SUPPORTED', () => outputs(node, inputs))).message;
  const x = volume('x', [1, 4, 4, 5, 6]);
  assert.match(await refused({ op: 'Conv' }, [x, volume('w', [6, 3, 1, 1, 1])]), 'it has 3 channels, its input 4');
  assert.match(await refused({ op: 'Conv' }, [x, volume('w', [6, 4, 9, 1, 1])]), 'does not fit into [4, 4, 5, 6]');
  assert.match(
    await refused({ op: 'Conv', attributes: { strides: [1, 1] } }, [x, volume('w', [6, 4, 1, 1, 1])]),
    'for 3 axes',
  );
  assert.match(
    await refused({ op: 'MaxPool', attributes: { kernel_shape: [2] } }, [x]),
    'of [2] does not slide over 3 axes',
  );
  const [q, k] = [volume('q', [1, 2, 3, 4]), volume('k', [1, 2, 5, 4])];
  assert.match(await refused({ op: 'Attention' }, [q, k, k, volume('m', [3, 6])]), 'its mask has 6 keys of 5');
  assert.match(await refused({ op: 'Attention' }, [q, k, k, volume('m', [4, 5])]), 'its mask has 4 queries of 3');
  assert.match(await refused({ op: 'Attention' }, [q, k, k, volume('m', [7, 3, 5])]), 'do not fit each other');
});

/** Relative, of the first output. */
async function errorBeside(
  node: Pick<FileNode, 'op' | 'attributes'>,
  inputs: Volume[],
  expected: Volume,
): Promise<number> {
  return errorOf((await outputs(node, inputs))[0]!, expected.data);
}

function outputs(node: Pick<FileNode, 'op' | 'attributes'>, inputs: readonly Volume[]) {
  const names = inputs.map((_, i) => `input${i}`);
  const bytes = onnxBytesOf({ nodes: [{ ...node, inputs: names, outputs: ['y'] }], input: [], opset: 24 });
  const tensors = inputs.map(tensorOf);
  return inNetwork({ name: 'case', names, inputs: tensors, outputs: [] }, parseModel(Buffer.from(bytes), 'case'));
}

function tensorOf({ dims, data }: Volume): CaseTensor {
  return { dtype: 'float32', dims, data: Buffer.from(data.buffer).toString('base64') };
}

function volume(name: string, dims: number[]): Volume {
  const count = dims.reduce((a, b) => a * b, 1);
  return { dims, data: Float64Array.from(uniform(name, count, -1, 1)) };
}

/** `Conv` with the window above, from its definition. */
function convolved(x: Volume, weight: Volume, bias: Volume): Volume {
  const [images = 0, channels = 0, ...sizes] = x.dims;
  const [filters = 0, inGroup = 0, ...kernel] = weight.dims;
  const { strides, dilations, pads, group } = WINDOW;
  const counts = sizes.map((size, axis) => {
    const room = size + pads[axis]! + pads[axis + 3]! - dilations[axis]! * (kernel[axis]! - 1) - 1;
    return Math.floor(room / strides[axis]!) + 1;
  });
  const value = (image: number, channel: number, [d, h, w]: readonly number[]) => {
    const isInside = [d, h, w].every((at, axis) => at! >= 0 && at! < sizes[axis]!);
    const plane = (image * channels + channel) * sizes[0]! + d!;
    return isInside ? x.data[(plane * sizes[1]! + h!) * sizes[2]! + w!]! : 0;
  };
  const data: number[] = [];
  for (let image = 0; image < images; image++) {
    for (let filter = 0; filter < filters; filter++) {
      const first = Math.floor(filter / (filters / group)) * inGroup;
      for (const position of positions(counts)) {
        let sum = bias.data[filter]!;
        for (let c = 0; c < inGroup; c++) {
          for (const [tap, at] of positions(kernel).entries()) {
            const place = at.map((k, axis) => position[axis]! * strides[axis]! - pads[axis]! + k * dilations[axis]!);
            const w = weight.data[(filter * inGroup + c) * positions(kernel).length + tap]!;
            sum += w * value(image, first + c, place);
          }
        }
        data.push(sum);
      }
    }
  }
  return { dims: [images, filters, ...counts], data: Float64Array.from(data) };
}

/** Every position in these sizes, row by row. */
function positions(sizes: readonly number[]): number[][] {
  return sizes.reduce<number[][]>(
    (all, size) => all.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i])),
    [[]],
  );
}

test.run();
