import type { EngineError } from '../../engine/index.js';
import { buildGraph } from '../../graph/backbones/index.js';
import { bind, parameters } from '../../graph/index.js';
import type { Tensor } from '../../weights/index.js';
import { assert, test } from '../support/test.js';

const graph = buildGraph({ backbone: 'vgg11', head: [2], classes: 3 });

/** Fitting tensors, with the given changes: another shape, or null for none. */
function tensors(changes: Record<string, readonly number[] | null> = {}): Map<string, Tensor> {
  const shapes = new Map([...parameters(graph), ...Object.entries(changes)]);
  const fitting = new Map<string, Tensor>();
  for (const [name, shape] of shapes) {
    if (shape !== null) fitting.set(name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
  }
  return fitting;
}

function refusal(given: ReadonlyMap<string, Tensor>): string {
  try {
    bind(graph, given);
  } catch (error) {
    assert.is((error as EngineError).code, 'TENSORS_DO_NOT_FIT');
    return (error as EngineError).message;
  }
  return 'not refused';
}

test('fitting tensors are taken as they are', () => {
  const given = tensors();
  assert.is(bind(graph, given).tensors, given);
});

test('missing, misshapen and foreign tensors are named with their shapes', () => {
  const message = refusal(
    tensors({ 'features.0.bias': null, 'classifier.0.weight': [2, 512], 'classifier.2.weight': [3, 2, 1], extra: [7] }),
  );
  assert.is(
    message,
    'features.0.bias [64] is missing; classifier.0.weight is [2, 512], the network needs [2, 25088]; ' +
      'classifier.2.weight is [3, 2, 1], the network needs [3, 2]; extra [7] is not part of the network',
  );
});

test('of many problems the first few are told, the rest counted', () => {
  assert.match(refusal(new Map()), /^features\.0\.weight \[64, 3, 3, 3\] is missing; .*; and 15 more$/);
});

test('values that are fewer than the shape says', () => {
  const given = tensors().set('classifier.2.bias', { shape: [3], data: new Float32Array(2) });
  assert.is(refusal(given), 'classifier.2.bias has 2 values, its shape [3] needs 3');
});
