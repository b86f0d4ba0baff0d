import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { exifTime } from '../../data/index.js';
import { imageSchema, writeFiles } from '../support/image-files.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';
import { listed } from './support/listed.js';

const folder = temporaryFolder();
writeFiles(folder, { 'a/1.png': 'one', 'a/2.png': 'two' });

function table(name: string, text: string | ArrayBuffer): string {
  const path = join(folder, name);
  writeFileSync(path, typeof text === 'string' ? text : Buffer.from(text));
  return path;
}

test('labels that are digits are names where classes are named by other numbers, and numbers elsewhere', async () => {
  const labels = async (file: string, text: string, classes: string[], sortedOnDisk?: number) => {
    return (await listed(table(file, text), { classes, sortedOnDisk })).labels;
  };
  const csv = 'path,label\na/1.png,1\na/2.png,2\ngone.png,-1\n';
  for (const sortedOnDisk of [undefined, 1]) {
    assert.equal(await labels('one.csv', csv, ['1', '2', '3'], sortedOnDisk), ['1', '2', null]);
    assert.equal(await labels('zero.csv', csv, ['0', '1', '2'], sortedOnDisk), [1, 2, null]);
    assert.equal(await labels('word.csv', csv, ['cat', 'dog', 'fox'], sortedOnDisk), [1, 2, null]);
  }
  const lines = '{"path": "a/1.png", "label": 1}\n{"path": "a/2.png", "label": "20"}\n';
  assert.equal(await labels('some.jsonl', lines, ['10', '20']), [1, '20']);
});

test('csv and JSON lines: paths from the table, labels, other columns with their types', async () => {
  const csv =
    'path,label,camera,exposure,taken\n./a/2.png,1,left,0.5,2026-11-25T10:00:00Z\na/1.png,0,,2,\ngone.png,,x,1,\n,1,x,1,\n';
  const { columns, rows } = await listed(table('list.csv', csv));
  assert.equal(columns, [
    { name: 'camera', type: 'string' },
    { name: 'exposure', type: 'float' },
    { name: 'taken', type: 'timestamp' },
  ]);
  assert.equal(rows, [
    ['a/1.png', 0, 'one', null, 2, null],
    ['a/2.png', 1, 'two', 'left', 0.5, Date.UTC(2026, 10, 25, 10)],
    ['gone.png', null, 'FILE_NOT_FOUND', 'x', 1, null],
    ['row 3', 1, 'IMAGE_PATH', 'x', 1, null],
  ]);
  const jsonl =
    '{"img": "a/1.png", "who": "cat", "boxes": [1], "n": 3}\n{"img": "https://x/y.png", "who": "dog", "n": 4}\n';
  const lines = await listed(table('list.jsonl', jsonl), { labels: 'who' });
  assert.equal(lines.columns, [{ name: 'n', type: 'integer' }]);
  assert.equal(lines.rows, [
    ['a/1.png', 'cat', 'one', 3],
    ['https://x/y.png', 'dog', 'IMAGE_URL', 4],
  ]);
  const named = table('odd.csv', 'where,x\na/1.png,1\n');
  assert.equal((await listed(named, { imageColumn: 'where' })).rows, [['a/1.png', null, 'one', 1]]);
  await refusal('IMAGES_COLUMN', () => listed(named), /"where", "x"/);
  await refusal('LABELS_COLUMN', () => listed(named, { imageColumn: 'where', labels: 'y' }));
  for (const namesOnDisk of [false, true]) {
    const says = 'column "where" is asked for, and this is no table';
    await refusal('IMAGES_COLUMN', () => listed(folder, { imageColumn: 'where', namesOnDisk }), says);
  }
});

test("Hugging Face's metadata beside the images of a folder", async () => {
  const path = join(folder, 'hf');
  const metadata = 'file_name,label,text\na/1.png,cat,one cat\nmissing.png,dog,none\n';
  writeFiles(path, { 'metadata.csv': metadata, 'a/1.png': 'one', 'b/2.png': 'two' });
  const { rows, columns } = await listed(path);
  assert.equal(columns, [{ name: 'text', type: 'string' }]);
  assert.equal(rows, [
    ['a/1.png', 'cat', 'one', 'one cat'],
    ['b/2.png', null, 'two', null],
    ['missing.png', 'dog', 'FILE_NOT_FOUND', 'none'],
  ]);
});

const IMAGES = imageSchema('site');

function parquet(name: string, count: number, kvMetadata?: { key: string; value: string }[]): string {
  const data = <T>(of: (i: number) => T) => Array.from({ length: count }, (_, i) => of(i));
  const image = (i: number) => {
    if (i === 1) return { bytes: null, path: 'a/1.png' };
    return i === 2 ? null : { bytes: Buffer.from(`image ${i}`), path: `${i}.png` };
  };
  const columnData = [
    { name: 'image', data: data(image) },
    { name: 'label', data: data((i) => BigInt(i % 2)) },
    { name: 'site', data: data((i) => `site ${i}`) },
  ];
  return table(name, parquetWriteBuffer({ columnData, schema: IMAGES, ...(kvMetadata && { kvMetadata }) }));
}

test('parquet with images in it: in the order of its rows, bytes or paths, over shards', async () => {
  const { columns, rows } = await listed(parquet('set.parquet', 20));
  assert.equal(columns, [
    { name: 'site', type: 'string' },
    { name: 'image.path', type: 'string' },
  ]);
  assert.equal(rows.slice(0, 4), [
    ['00', 0, 'image 0', 'site 0', '0.png'],
    ['01', 1, 'one', 'site 1', 'a/1.png'],
    ['02', 0, 'IMAGE_PATH', 'site 2', null],
    ['03', 1, 'image 3', 'site 3', '3.png'],
  ]);
  assert.is(rows[19]![2], 'image 19');
  const names = { info: { features: { label: { names: ['dog', 'cat'], _type: 'ClassLabel' } } } };
  const shards = [2, 1].map((i) => parquet(`s${i}.parquet`, 1, [{ key: 'huggingface', value: JSON.stringify(names) }]));
  const both = await listed(shards, { classes: ['cat', 'dog'] });
  assert.equal(
    [both.keys, both.labels],
    [
      ['s1/0', 's2/0'],
      ['dog', 'dog'],
    ],
  );

  const columnData = [{ name: 'pixels', data: [Buffer.from('x'), Buffer.from('y')], type: 'BYTE_ARRAY' as const }];
  const binary = table('binary.parquet', parquetWriteBuffer({ columnData }));
  assert.equal((await listed(binary, { imageColumn: 'pixels' })).rows, [
    ['0', null, 'x'],
    ['1', null, 'y'],
  ]);
  const paths = parquetWriteBuffer({ columnData: [{ name: 'path', data: ['a/2.png', 'a/1.png'] }] });
  assert.equal((await listed(table('paths.parquet', paths))).rows, [
    ['a/1.png', null, 'one'],
    ['a/2.png', null, 'two'],
  ]);
});

/** An EXIF block of texts, big endian: the first directory has `first`, EXIF's own has `own`. */
function exif(first: readonly [number, string][], own: readonly [number, string][]): Buffer {
  const size = (count: number) => 2 + 12 * count + 4;
  const ownAt = 8 + size(first.length + 1);
  const texts: Buffer[] = [];
  let at = ownAt + size(own.length);
  const directory = (entries: readonly [number, string][], pointer: number | null) => {
    const bytes = Buffer.alloc(size(entries.length + (pointer === null ? 0 : 1)));
    bytes.writeUInt16BE(entries.length + (pointer === null ? 0 : 1));
    for (const [i, [tag, text]] of entries.entries()) {
      const content = Buffer.from(`${text}\0`);
      bytes.writeUInt16BE(tag, 2 + 12 * i);
      bytes.writeUInt16BE(2, 4 + 12 * i);
      bytes.writeUInt32BE(content.length, 6 + 12 * i);
      bytes.writeUInt32BE(at, 10 + 12 * i);
      if (content.length <= 4) content.copy(bytes, 10 + 12 * i);
      else texts.push(content);
      if (content.length > 4) at += content.length;
    }
    if (pointer !== null) {
      bytes.writeUInt16BE(0x8769, 2 + 12 * entries.length);
      bytes.writeUInt16BE(4, 4 + 12 * entries.length);
      bytes.writeUInt32BE(1, 6 + 12 * entries.length);
      bytes.writeUInt32BE(pointer, 10 + 12 * entries.length);
    }
    return bytes;
  };
  const header = Buffer.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8]);
  return Buffer.concat([header, directory(first, ownAt), directory(own, null), ...texts]);
}

function jpegWith(block: Buffer): Buffer {
  const segment = Buffer.concat([Buffer.from('Exif\0\0'), block]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(segment.length + 2);
  // A frame header of one gray pixel, and the marker of a scan.
  const rest = Buffer.from([0xff, 0xc0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0, 0xff, 0xda, 0xff, 0xd9]);
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe1]), length, segment, rest]);
}

test('the time of a photograph: when it was taken, with fraction and offset, else when it was changed', () => {
  const changed: [number, string] = [0x0132, '2026:11:25 08:00:00'];
  const taken: [number, string][] = [
    [0x9003, '2026:11:24 23:30:15'],
    [0x9011, '-02:00'],
    [0x9291, '25'],
  ];
  assert.is(exifTime(jpegWith(exif([changed], taken))), Date.UTC(2026, 10, 25, 1, 30, 15, 250));
  assert.is(exifTime(jpegWith(exif([changed], []))), Date.UTC(2026, 10, 25, 8));
  assert.is(exifTime(jpegWith(exif([[0x0132, '0000:00:00 00:00:00']], []))), null);
  assert.is(exifTime(jpegWith(exif([[0x0132, '2026:02:30 08:00:00']], []))), null);
  assert.is(exifTime(jpegWith(exif([[0x0132, '2028:02:29 08:00:00']], []))), Date.UTC(2028, 1, 29, 8));
  assert.is(exifTime(Buffer.from('no image')), null);
  const whole = jpegWith(exif([changed], taken));
  for (let length = 0; length < whole.length; length++) exifTime(whole.subarray(0, length));
});
