/** Which pixel Resize takes as the nearest: `fixtures/resize/nearest.json` has onnxruntime's, made by `make_nearest.py`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ResizeAttrs, resizeWeights } from '../../../graph/index.js';
import { assert, packageRoot as root, test } from '../../support/test.js';

type Row = [
  coordinates: ResizeAttrs['coordinates'],
  rounding: NonNullable<ResizeAttrs['rounding']>,
  length: number,
  target: { scale?: number; size?: number },
  pixels: number[],
];

const path = join(root, 'spec', 'fixtures', 'resize', 'nearest.json');
const rows = JSON.parse(readFileSync(path, 'utf8')) as Row[];
/** The region, as shares of each side. */
const [START, END] = [0.2, 0.9].map(Math.fround) as [number, number];

test('every way to count pixels and to round, by scale and by size, takes the pixel that onnxruntime takes', () => {
  for (const [coordinates, rounding, length, { scale, size }, pixels] of rows) {
    const attrs: ResizeAttrs = {
      ...(scale === undefined ? { size: [1, size!] } : { scale: [1, scale] }),
      mode: 'nearest',
      coordinates,
      rounding,
      ...(coordinates === 'tf_crop_and_resize' ? { region: [[0, 1] as const, [START, END] as const] } : {}),
    };
    const found = resizeWeights(length, 1, attrs).map(({ from, weights }) => (weights[0] === 0 ? -1 : from[0]!));
    assert.equal(found, pixels, `${coordinates} ${rounding}: ${length} by ${scale ?? `size ${size}`}`);
  }
  assert.is(rows.length, 336);
});

test("PyTorch turns the factor over first: another pixel than onnxruntime's in some sizes", () => {
  const pixels = (coordinates: ResizeAttrs['coordinates']) =>
    resizeWeights(2, 1, { size: [1, 82], mode: 'nearest', coordinates, rounding: 'floor' }).map(({ from }) => from[0]!);
  const first = (of: number[]) => of.indexOf(1);
  assert.equal([first(pixels('pytorch_nearest')), first(pixels('asymmetric'))], FIRST_OF_SECOND);
});

/** `torch.nn.functional.interpolate(size=82)` of two pixels, and onnxruntime's asymmetric floor. */
const FIRST_OF_SECOND = [42, 41];
