/** Operators with too few or too many operands: constants that are folded check their number, as runtimes do. */
import { writeOnnxFile } from '../../support/onnx-file.js';
import { networkOf } from '../../support/onnx-network.js';
import { assert, refusal, test } from '../../support/test.js';

const TENSORS = { c: { dims: [3, 1, 1], data: [1, 2, 3] }, w: { dims: [4, 3, 1, 1], data: new Array(12).fill(0.5) } };

async function refused(op: string, inputs: string[]): Promise<string> {
  const nodes = [
    { op, inputs, outputs: ['known'] },
    { op: 'Add', inputs: ['x', 'known'], outputs: ['sum'] },
    { op: 'Conv', inputs: ['sum', 'w'], outputs: ['y'] },
  ];
  return (await refusal('ONNX_NOT_SUPPORTED', () => networkOf(writeOnnxFile({ nodes, tensors: TENSORS })))).message;
}

for (const [op, inputs, told] of [
  ['Pow', ['c'], 'it has 1 inputs, and takes 2'],
  ['Less', ['c'], 'it has 1 inputs, and takes 2'],
  ['Mod', ['c'], 'it has 1 inputs, and takes 2'],
  ['Mul', ['c', 'c', 'c'], 'it has 3 inputs, and takes 2'],
  ['Sqrt', ['c', 'c'], 'it has 2 inputs, and takes 1'],
] as const) {
  test(`${op} of ${inputs.length}`, async () => {
    assert.match(await refused(op, [...inputs]), `${op} (1 ×, first known): ${told}`);
  });
}

test('Max of one and of three', async () => {
  for (const count of [1, 3]) {
    const nodes = [
      { op: 'Max', inputs: new Array(count).fill('c'), outputs: ['known'] },
      { op: 'Add', inputs: ['x', 'known'], outputs: ['sum'] },
      { op: 'Conv', inputs: ['sum', 'w'], outputs: ['map'] },
      { op: 'GlobalAveragePool', inputs: ['map'], outputs: ['y'] },
    ];
    assert.ok((await networkOf(writeOnnxFile({ nodes, tensors: TENSORS }))).graph.nodes.length > 1);
  }
});
