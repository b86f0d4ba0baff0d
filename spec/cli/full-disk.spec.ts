/** A disk that fills up leaves no file of a command. A limit on the size of files stands for it: it needs no rights. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildGraph } from '../../graph/backbones/index.js';
import { parameters } from '../../graph/index.js';
import { png, writeFiles } from '../support/image-files.js';
import { pixels } from '../support/npz-file.js';
import { writeSafetensors } from '../support/safetensors.js';
import { assert, endedWith, packageRoot, temporaryFolder, test } from '../support/test.js';

const [IMAGES, SIDE] = [150, 32];
const folder = temporaryFolder();
const data = pixels(IMAGES, SIDE);
const image = (row: number) => png(SIDE, SIDE, data.subarray(row * SIDE * SIDE * 3, (row + 1) * SIDE * SIDE * 3));
const nameOf = (row: number) => `${String(row).padStart(3, '0')}.png`;
writeFiles(
  join(folder, 'set'),
  Object.fromEntries(Array.from({ length: IMAGES }, (_, row) => [nameOf(row), image(row)])),
);

/** @param kilobytes no file gets longer */
function limited(kilobytes: number, args: readonly string[]) {
  const main = join(packageRoot, 'dist', 'cli', 'main.js');
  const command = `ulimit -f ${kilobytes}; exec "$@"`;
  return spawnSync('bash', ['-c', command, 'bash', process.execPath, main, ...args], { cwd: folder, encoding: 'utf8' });
}

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [entry.name] : [],
  );
}

const WEIGHTS = ['--weights', 'fashion-mnist-resnet18', '--threads', '0'];

for (const format of ['parquet', 'jsonl', 'csv', 'npz']) {
  test(`embed to ${format}: neither events nor a list of rejected images`, () => {
    const out = join(folder, format);
    mkdirSync(out);
    const run = limited(8, ['embed', 'set', ...WEIGHTS, '--out', `${format}/events.${format}`]);
    endedWith(4, run, `error DISK_FULL: ${join(format, `events.${format}`)}: `);
    assert.equal(readdirSync(out), []);
  });
}

test('plan: no file of a listing that no plan has', () => {
  const plan = (kilobytes: number, out: string) =>
    limited(kilobytes, ['plan', 'set', ...WEIGHTS, '--shards', String(IMAGES), '--out', out]);
  endedWith(4, plan(6, 'full'), /^error DISK_FULL: full.plan\.json/m);
  assert.equal(filesIn(join(folder, 'full')), []);
  assert.is(plan(100, 'roomy').status, 0);
  assert.is(filesIn(join(folder, 'roomy')).length, 2);
});

test('convert: no weights without the ONNX file that was asked for', () => {
  const shapes = parameters(buildGraph({ backbone: 'mobilenet_v2', head: [], classes: 2 }));
  const ones = ([name, shape]: [string, readonly number[]]) =>
    [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1) }] as const;
  writeSafetensors(join(folder, 'model.safetensors'), new Map([...shapes].map(ones)));
  const convert = (kilobytes: number, out: string) => {
    mkdirSync(join(folder, out));
    const args = ['convert', 'model.safetensors', '--out', `${out}/weights`, '--onnx', `${out}/model.onnx`];
    return limited(kilobytes, args);
  };
  // Shards have at most 4 MiB, the ONNX file 9 MB.
  endedWith(4, convert(6_000, 'converted'), `error DISK_FULL: ${join('converted', 'model.onnx')}: `);
  assert.equal(readdirSync(join(folder, 'converted')), []);
  assert.is(convert(10_000, 'roomily').status, 0);
  assert.equal(readdirSync(join(folder, 'roomily')).sort(), ['model.onnx', 'weights']);
});
