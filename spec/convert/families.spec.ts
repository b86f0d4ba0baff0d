/** Small networks of `make_families.py` beside PyTorch in float64; `spec/ci/families.sh` compares whole ones. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCheckpoint } from '../../convert/index.js';
import { loadBackend } from '../../engine/backends/registry.js';
import { prepareModel } from '../../engine/contract/prepared-model.js';
import { readWeights } from '../../weights/index.js';
import { assert, fixtures, refusal, temporaryFolder, test } from '../support/test.js';

interface Expected {
  side: number;
  taps: Record<string, { count: number; size: number; values: number[] }>;
}

const root = join(fixtures, 'convert', 'families');
const out = temporaryFolder();
const IMAGES = 2;
const HALF = [0.5, 0.5, 0.5];
/** A share of the root mean square of a layer's output. PyTorch's own float32 makes errors of up to 2e-6. */
const TOLERANCE = 5e-6;

/** The images of the script. */
function pixels(side: number): Uint8Array {
  return Uint8Array.from({ length: IMAGES * side * side * 3 }, (_, i) => (7 * i + Math.floor((i * i) / 3)) % 256);
}

for (const name of readdirSync(root)) {
  test(name, async () => {
    const { side, taps }: Expected = JSON.parse(readFileSync(join(root, name, 'expected.json'), 'utf8'));
    const hasConfig = readdirSync(join(root, name)).includes('config.json');
    const path = hasConfig ? join(root, name) : join(root, name, 'model.safetensors');
    await convertCheckpoint(path, join(out, name), { size: [side, side], mean: [0.5], std: [0.5] });
    const { model, tapNodes } = prepareModel(await readWeights(join(out, name)), {
      tap: Object.keys(taps),
      scores: false,
    });
    const options = { taps: [...new Set(tapNodes.values())], scores: false, mean: HALF, std: HALF };
    const program = await (await loadBackend('simd')).compile(model, { ...options, precision: 'exact' });
    const outputs = await program.run({ rows: IMAGES, height: side, width: side, data: pixels(side) });
    await program.dispose();
    for (const [tap, { count, size, values }] of Object.entries(taps)) {
      const { data } = outputs.taps.get(tapNodes.get(tap)!)!;
      assert.is(data.length, count, tap);
      const step = Math.max(1, Math.floor(count / 24));
      for (const [i, value] of values.entries()) {
        const error = Math.abs(data[i * step]! - value) / size;
        assert.ok(error <= TOLERANCE, `${tap}: value ${i * step} is ${data[i * step]}, PyTorch has ${value}`);
      }
    }
  });
}

test('positions for other images: no half patches, no rectangle, no size of any', async () => {
  const convert = (size: [number, number] | null) =>
    convertCheckpoint(join(root, 'dinov2-timm'), join(out, 'refused'), { size, mean: [0.5], std: [0.5] });
  for (const size of [[22, 22], [21, 28], null] as ([number, number] | null)[]) {
    await refusal('PREPROCESSING_INVALID', () => convert(size), 'is for images of 35×35, the preprocessing gives');
  }
  const { config } = await convertCheckpoint(join(root, 'dinov2-timm'), join(out, 'resized'), { size: [49, 49] });
  assert.ok(
    config.provenance.assumed?.includes(
      'its positions are resized from 5×5 to 7×7, bicubic with antialiasing, as timm does it',
    ),
  );
});

test('windows of a MaxViT fill its maps', async () => {
  const path = join(root, 'maxvit', 'model.safetensors');
  const convert = (size: [number, number]) => convertCheckpoint(path, join(out, 'unfit'), { size });
  await refusal('PREPROCESSING_INVALID', () => convert([64, 128]), 'a MaxViT takes squares, not images of 64×128');
  const { message, hint } = await refusal('PREPROCESSING_INVALID', () => convert([66, 66]));
  assert.match(message, 'images of 66×66 have a map of 17×17, which windows of 4×4 do not fill');
  assert.match(hint!, '--size 32');
});

test('windows of Swin V2 follow from the name or config.json, and from the size of images', async () => {
  const folder = join(root, 'swin-v2-timm');
  const convert = (size: [number, number], backbone: string) =>
    convertCheckpoint(folder, join(out, 'swin-v2'), { size, backbone, overwrite: true });
  const { config } = await convert([64, 64], 'timm:swinv2_tiny_window16_256');
  assert.equal((config.body as { windows?: number[] } | undefined)?.windows, [16, 8]);
  await refusal('PREPROCESSING_INVALID', () => convert([40, 40], 'timm:swinv2_tiny_window8_256'));
  await refusal('BACKBONE_UNKNOWN', () => convertCheckpoint(join(folder, 'model.safetensors'), join(out, 'unnamed')));
});

test('a configuration that counts other layers than there are tensors of', async () => {
  for (const [name, field, there] of [
    ['siglip-transformers', 'num_hidden_layers', '2'],
    ['swin-transformers', 'depths', '[2, 2]'],
  ] as const) {
    const folder = join(out, `counted-${name}`);
    cpSync(join(root, name), folder, { recursive: true });
    const config: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    const other = field === 'depths' ? [1, 1] : 1;
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, [field]: other }));
    const { message } = await refusal('HUB_FOLDER_INVALID', () => convertCheckpoint(folder, join(out, 'refused')));
    assert.match(message, `config.json says ${field} ${told(other)}, the tensors have ${there}`);
  }
});

function told(value: number | number[]): string {
  return typeof value === 'number' ? `${value}` : `[${value.join(', ')}]`;
}

test('windows are cut for one size of images', async () => {
  const path = join(root, 'swin', 'model.safetensors');
  const { hint } = await refusal('PREPROCESSING_INVALID', () =>
    convertCheckpoint(path, join(out, 'any'), { size: null }),
  );
  assert.match(hint!, '--size 32');
});
