/** Compares every operation of the layer graph on TensorFlow.js with PyTorch in float64 (fixtures/engine/executor). */
import { tf, withBackend } from '../../engine/backends/tfjs/global-engine.js';
import { prepareOp } from '../../engine/backends/tfjs/prepare-op.js';
import { channelsFirst, type Laid } from '../../engine/backends/tfjs/step.js';
import type { Backend } from '../../engine/index.js';
import { NOTHING } from './fake-backend.js';
import { type OpCase, opCases, opInput, opNode, opWeight } from './op-cases.js';
import { sampledError } from './relative-error.js';
import { assert, type Suite, suite } from './test.js';

/** float32 sums of at most some hundred products. */
const TOLERANCE = 2e-6;

/** The suite for a backend that TensorFlow.js knows by the same name. */
export function tfjsOperations(backend: Backend): void {
  operationsSuite(backend.name, async () => {
    const program = await backend.compile(NOTHING.model, NOTHING.options);
    await program.dispose();
    return backend.name;
  });
}

/** @param start prepares the backend, and returns its name in TensorFlow.js */
export function operationsSuite(backend: string, start: () => Promise<string>): Suite {
  const ops = suite(`operations on ${backend}`);
  let registered = '';
  ops.before(async () => {
    registered = await start();
  });
  for (const opCase of opCases()) {
    ops(opCase.name, () =>
      withBackend(registered, async () => {
        for (const isMap of opCase.inputs.some(({ length }) => length === 4) ? [true, false] : [false]) {
          const { shape, data, leaked } = await run(opCase, isMap);
          assert.equal(shape, opCase.shape);
          const error = sampledError(opCase, shape, data);
          assert.ok(error <= TOLERANCE, `${error} relative to the largest value`);
          assert.is(leaked, 0, 'tensors leaked');
        }
      }),
    );
  }
  return ops;
}

/** Runs one case; tensors in and out are NCHW. @param isMap whether the operation gets maps channels last */
async function run(opCase: OpCase, isMap: boolean): Promise<{ shape: number[]; data: Float32Array; leaked: number }> {
  const before = tf.memory().numTensors;
  const prepared = prepareOp(opNode(opCase), (part) => opWeight(opCase, part));
  const operands = opCase.inputs.map((_, i) => {
    const { shape, data } = opInput(opCase, i);
    const tensor = tf.tensor(data, [...shape]);
    return isMap && tensor.rank === 4 ? asMap(tensor) : { tensor, channelsLast: false };
  });
  const output = tf.tidy(() => tf.clone(channelsFirst(prepared.run(operands))));
  const data = (await output.data()) as Float32Array;
  tf.dispose([output, ...operands.map(({ tensor }) => tensor), ...prepared.weights]);
  return { shape: output.shape, data, leaked: tf.memory().numTensors - before };
}

function asMap(tensor: tf.Tensor): Laid {
  const moved = tf.transpose(tensor, [0, 2, 3, 1]);
  tensor.dispose();
  return { tensor: moved, channelsLast: true };
}
