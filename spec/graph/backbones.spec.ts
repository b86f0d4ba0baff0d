import type { EngineError } from '../../engine/index.js';
import { backbone, backboneNames, buildGraph } from '../../graph/backbones/index.js';
import { inferShapes, resolveTap } from '../../graph/index.js';
import { assert, suite } from '../support/test.js';

const coded = (code: string, pattern: RegExp) => (error: EngineError) =>
  error.code === code &&
  error.exitCode === (code === 'BAD_HEAD' ? 4 : 2) &&
  pattern.test(`${error.message} ${error.hint}`);

const names = suite('registry');

names('a mistyped backbone gets a suggestion', () => {
  const build = () => buildGraph({ backbone: 'resnet-18', head: [], classes: 10 });
  assert.throws(build, coded('UNKNOWN_BACKBONE', /"resnet-18".*Did you mean resnet18\?/));
});

names('a name that is like none is told where the list is', () => {
  assert.throws(
    () => backbone('transformer'),
    coded('UNKNOWN_BACKBONE', /image-drift models lists all \d+ of torchvision/),
  );
});

names('a name of every object is not a backbone', () => {
  for (const name of ['constructor', '__proto__', ''])
    assert.throws(() => backbone(name), coded('UNKNOWN_BACKBONE', /./));
});

for (const [head, classes] of [
  [[0], 10],
  [[], 0],
  [[1.5], 10],
  [[-128], 10],
  [[128], Number.NaN],
  [[2_000_000], 10],
  [Array<number>(9).fill(8), 10],
] as const) {
  names(`a head of [${head}] for ${classes} classes is refused`, () => {
    assert.throws(() => buildGraph({ backbone: 'resnet18', head, classes }), coded('BAD_HEAD', /head/));
  });
}

names('a head of several hidden layers', () => {
  const graph = buildGraph({ backbone: 'mobilenet_v2', head: [64, 32], classes: 3 });
  const shapes = inferShapes(graph, { height: 32, width: 32 });
  const head = ['classifier.0', 'classifier.1', 'classifier.2', 'classifier.3', 'classifier.4'];
  assert.equal(
    head.map((path) => shapes.get(resolveTap(graph, path))),
    [[64], [64], [32], [32], [3]],
  );
});

const taps = suite('taps');

for (const name of backboneNames()) {
  taps(`${name}: its default taps exist and are vectors`, () => {
    const { defaultTap, preprocessing } = backbone(name);
    const [height, width] = preprocessing.size!;
    for (const [head, classes] of [
      [[], 1000],
      [[128], 10],
    ] as const) {
      const graph = buildGraph({ backbone: name, head, classes });
      const shapes = inferShapes(graph, { height, width });
      const features = shapes.get(resolveTap(graph, defaultTap(head)))!;
      if (head.length > 0) assert.equal(features, [128]);
      else assert.ok(features.slice(1).every((size) => size === 1));
      assert.equal(shapes.get(resolveTap(graph, '')), [classes]);
    }
  });
}

taps('a mistyped tap gets the nearest name and some valid ones', () => {
  const graph = buildGraph({ backbone: 'resnet18', head: [128], classes: 10 });
  assert.throws(
    () => resolveTap(graph, 'avgpol'),
    coded('UNKNOWN_TAP', /"avgpol".*Did you mean avgpool\?.*conv1, bn1, .*fc, fc\.0/),
  );
});

taps('a node that is not a module is not a tap', () => {
  const graph = buildGraph({ backbone: 'resnet18', head: [], classes: 10 });
  for (const path of ['layer1.0:add', ':flatten', 'layer1.0.relu:run1', 'layer1.0.downsample', 'constructor']) {
    assert.throws(() => resolveTap(graph, path), coded('UNKNOWN_TAP', /./));
  }
});

taps('a module that runs twice is its last run', () => {
  const graph = buildGraph({ backbone: 'resnet50', head: [], classes: 10 });
  const node = graph.nodes.find(({ name }) => name === resolveTap(graph, 'layer1.0.relu'));
  assert.equal(node, { name: 'layer1.0.relu', inputs: ['layer1.0:add'], op: 'relu' });
});
