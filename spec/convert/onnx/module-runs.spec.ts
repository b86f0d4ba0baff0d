/** Modules that run again, as PyTorch's older exporter numbers them. */
import { modulePath } from '../../../convert/onnx/file/module-path.js';
import { withModuleRuns } from '../../../convert/onnx/file/module-runs.js';
import type { OnnxNode } from '../../../convert/onnx/file/onnx-model.js';
import { assert, test } from '../../support/test.js';

/** @param name as the exporter writes it @param inputs tensors that it reads */
function node(name: string, inputs: string[] = []): OnnxNode {
  const op = name.split('/').at(-1)!;
  return { name, op, domain: '', inputs, outputs: [], attributes: new Map(), module: modulePath(name, null) };
}

function paths(nodes: OnnxNode[]): (string | null)[] {
  const tensors = new Set(nodes.flatMap(({ inputs }) => inputs));
  return withModuleRuns(nodes, tensors).map(({ module }) => module);
}

test('all runs of a module have its path', () => {
  const runs = ['/layer1/layer1.0/relu/Relu', '/layer1/layer1.0/relu_1/Relu', '/layer1/layer1.0/relu_2/Relu'];
  assert.equal(paths(runs.map((name) => node(name))), new Array(3).fill('layer1.0.relu'));
});

test('a module that runs again with all that is in it', () => {
  const block = (name: string) => [node(`/${name}/fc/MatMul`, ['fc.weight']), node(`/${name}/act/Relu`)];
  assert.equal(paths([...block('block'), ...block('block_1')]), ['block.fc', 'block.act', 'block.fc', 'block.act']);
});

test('a module whose own name ends in a number keeps it: other weights, other operators, or no first one', () => {
  assert.equal(paths([node('/conv/Conv', ['a']), node('/conv_1/Conv', ['b'])]), ['conv', 'conv_1']);
  assert.equal(paths([node('/act/Relu'), node('/act_1/Sigmoid')]), ['act', 'act_1']);
  assert.equal(paths([node('/act_1/Relu'), node('/act_2/Relu')]), ['act_1', 'act_2']);
  assert.equal(paths([node('/act/Relu'), node('/act_2/Relu')]), ['act', 'act_2']);
});

test('nodes of the newer exporter stay as they are', () => {
  const newer = (module: string): OnnxNode => ({ ...node('/x/Relu'), name: 'node_relu', module });
  assert.equal(paths([newer('relu'), newer('relu_1')]), ['relu', 'relu_1']);
});
