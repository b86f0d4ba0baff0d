import { parseModel } from '../../../convert/onnx/file/parse-model.js';
import { type CaseTensor, errorOf } from '../../support/onnx-cases/case.js';
import { inNetwork } from '../../support/onnx-cases/in-network.js';
import { type FileNode, onnxBytesOf } from '../../support/onnx-file.js';
import { uniform } from '../../support/pseudo-random.js';
import { assert, refusal, test } from '../../support/test.js';

interface Volume {
  dims: number[];
  data: Float64Array;
}

test('attention, causal, with a softcap and a mask that hides a query from all keys', async () => {
  const [heads, queries, width] = [2, 3, 4];
  const [q, k, v] = ['q', 'k', 'v'].map((name) => volume(name, [2, heads, queries, width])) as [Volume, Volume, Volume];
  const keys = queries;
  const mask = volume('mask', [queries, keys]);
  mask.data.fill(Number.NEGATIVE_INFINITY, keys, 2 * keys);
  const expected = { dims: q.dims, data: new Float64Array(q.data.length) };
  for (let head = 0; head < 2 * heads; head++) {
    for (let i = 0; i < queries; i++) {
      const at = ({ data }: Volume, key: number, c: number) => data[(head * queries + key) * width + c]!;
      const weights = Array.from({ length: keys }, (_, key) => {
        let dot = 0;
        for (let c = 0; c < width; c++) dot += (q.data[(head * queries + i) * width + c]! * at(k, key, c)) / 2;
        return key > i ? 0 : Math.exp(0.5 * Math.tanh(dot / 0.5) + mask.data[i * keys + key]!);
      });
      const sum = weights.reduce((a, b) => a + b, 0) || 1;
      for (let c = 0; c < width; c++) {
        expected.data[(head * queries + i) * width + c] = weights.reduce(
          (a, w, key) => a + (w / sum) * at(v, key, c),
          0,
        );
      }
    }
  }
  const node = { op: 'Attention', attributes: { is_causal: 1, softcap: 0.5 } };
  assert.ok((await errorBeside(node, [q, k, v, mask], expected)) < 1e-6);
});

test('what does not fit is refused with both sizes', async () => {
  const refused = async (node: Pick<FileNode, 'op' | 'attributes'>, inputs: Volume[], names?: string[]) =>
    (await refusal('ONNX_NOT_SUPPORTED', () => outputs(node, inputs, names))).message;
  const [q, k] = [volume('q', [1, 2, 3, 4]), volume('k', [1, 2, 5, 4])];
  assert.match(await refused({ op: 'Attention' }, [q, k, k, volume('m', [3, 6])]), 'its mask has 6 keys of 5');
  assert.match(await refused({ op: 'Attention' }, [q, k, k, volume('m', [4, 5])]), 'its mask has 4 queries of 3');
  assert.match(await refused({ op: 'Attention' }, [q, k, k, volume('m', [7, 3, 5])]), 'do not fit each other');
  const past = volume('past', [1, 2, 2, 4]);
  const names = ['q', 'k', 'v', '', 'past_key', 'past_value'];
  assert.match(
    await refused({ op: 'Attention' }, [q, k, k, past, past], names),
    'it gets keys and values of earlier calls',
  );
});

test('convolutions and poolings over three axes are refused by name', async () => {
  const x = volume('x', [1, 4, 4, 5, 6]);
  const attributes = { kernel_shape: [2, 2, 2] };
  const cases: [Pick<FileNode, 'op' | 'attributes'>, Volume[]][] = [
    [{ op: 'Conv' }, [volume('w', [6, 4, 1, 1, 1])]],
    [{ op: 'ConvTranspose' }, [volume('w', [4, 6, 1, 1, 1])]],
    [{ op: 'MaxPool', attributes }, []],
    [{ op: 'AveragePool', attributes }, []],
    [{ op: 'LpPool', attributes }, []],
    [{ op: 'GlobalAveragePool' }, []],
    [{ op: 'GlobalMaxPool' }, []],
  ];
  for (const [node, filters] of cases) {
    const { message } = await refusal('ONNX_NOT_SUPPORTED', () => outputs(node, [x, ...filters]));
    assert.match(message, `${node.op} (1 ×, first y): it gets [`);
    assert.match(message, '4, 4, 5, 6], not maps of channels, height and width');
  }
});

/** Relative, of the first output. */
async function errorBeside(node: Pick<FileNode, 'op' | 'attributes'>, inputs: Volume[], expected: Volume) {
  return errorOf((await outputs(node, inputs))[0]!, expected.data);
}

/** @param wired names of the node's inputs; an empty one is absent */
function outputs(
  node: Pick<FileNode, 'op' | 'attributes'>,
  inputs: readonly Volume[],
  wired: readonly string[] = inputs.map((_, i) => `input${i}`),
) {
  const names = wired.filter((name) => name !== '');
  const bytes = onnxBytesOf({ nodes: [{ ...node, inputs: [...wired], outputs: ['y'] }], input: [], opset: 24 });
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
