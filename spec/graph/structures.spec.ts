import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineError } from '../../engine/index.js';
import { backboneNames, buildGraph } from '../../graph/backbones/index.js';
import { type Graph, inferShapes, parameters } from '../../graph/index.js';
import { assert, fixtures, test } from '../support/test.js';

interface Network {
  backbone: string;
  head: number[];
  classes: number;
  /** `parameters`, `modules`, and the shapes at each `HEIGHTxWIDTH`; `sizes` of tensors that have other names here. */
  sha256: Record<string, string>;
  full?: Record<string, string[]>;
}

const recorded: { networks: Network[]; smallest: Record<string, number> } = JSON.parse(
  readFileSync(join(fixtures, 'engine', 'structures.json'), 'utf8'),
);

for (const { backbone, head, classes, sha256, full } of recorded.networks) {
  const graph = buildGraph({ backbone, head, classes });
  for (const what of Object.keys(sha256)) {
    test(`${backbone}, head [${head}]: ${what} as torchvision's`, () => {
      const lines = list(graph, what);
      if (full?.[what]) assert.equal(lines, full[what]);
      assert.is(createHash('sha256').update(lines.join('\n')).digest('hex'), sha256[what]);
    });
  }
}

function list(graph: Graph, what: string): string[] {
  if (what === 'modules') return [...graph.modules.keys()].sort();
  if (what === 'parameters') return [...parameters(graph)].map(([name, shape]) => `${name} ${shape.join('x')}`).sort();
  if (what === 'sizes') {
    return [...parameters(graph).values()].map((shape) => shape.filter((size) => size !== 1).join('x')).sort();
  }
  const [height, width] = what.split('x').map(Number) as [number, number];
  const shapes = inferShapes(graph, { height, width });
  return [...graph.modules].map(([path, node]) => `${path} ${shapes.get(node)!.join('x')}`).sort();
}

test('every backbone is recorded, and only those', () => {
  assert.equal([...new Set(recorded.networks.map((network) => network.backbone))].sort(), backboneNames().sort());
});

for (const [backbone, smallest] of Object.entries(recorded.smallest)) {
  test(`${backbone}: the smallest square image is PyTorch's, ${smallest}×${smallest}`, () => {
    const graph = buildGraph({ backbone, head: [8], classes: 2 });
    inferShapes(graph, { height: smallest, width: smallest });
    assert.throws(() => inferShapes(graph, { height: smallest - 1, width: smallest + 100 }));
  });
}

test('an image that is too small: the error names image, layer and what it gets', () => {
  const graph = buildGraph({ backbone: 'vgg11', head: [], classes: 10 });
  assert.throws(
    () => inferShapes(graph, { height: 40, width: 31 }),
    (error: EngineError) =>
      error.code === 'IMAGE_TOO_SMALL' && /40×31 .* features\.20 gets 2×1 .* 2×2 /.test(error.message),
  );
});

for (const [height, width] of [
  [0, 32],
  [32, -1],
  [32.5, 32],
  [Number.NaN, 32],
] as const) {
  test(`an image of ${height}×${width} is refused`, () => {
    const graph = buildGraph({ backbone: 'resnet18', head: [], classes: 10 });
    assert.throws(
      () => inferShapes(graph, { height, width }),
      (error: EngineError) => error.code === 'BAD_IMAGE_SIZE',
    );
  });
}
