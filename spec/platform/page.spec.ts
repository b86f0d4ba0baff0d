/** What a page has in the place of Node: the same names, and the same results. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { crc32, deflateRawSync, deflateSync } from 'node:zlib';
import * as node from '../../platform/node/index.js';
import * as page from '../../platform/page/index.js';
import { pixels } from '../support/pseudo-random.js';
import { assert, rejection, test } from '../support/test.js';

/** Used by `files/system/` and native engines alone, or by a page alone. */
const ONE_SIDED = [
  ...['READ_AT_ONCE', 'refused', 'writeAt', 'renamePatiently', 'makeScratchFolder', 'removeScratchFolder'],
  ...['isAlive', 'PROCESS_PLACE', 'putFile', 'putFiles', 'contentOf', 'bringPackage'],
];

const someBytes = (length: number) => pixels('bytes', length);

test('both export the same names', () => {
  const names = (one: object) =>
    Object.keys(one)
      .filter((name) => !ONE_SIDED.includes(name))
      .sort();
  assert.equal(names(page), names(node));
});

test('sha256 in pieces of any length', () => {
  const bytes = someBytes(200_000);
  for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 128, 1000, 65_535, 65_600, 200_000]) {
    const wanted = createHash('sha256').update(bytes.subarray(0, length));
    const hash = page.sha256();
    for (let at = 0, step = 1; at < length; at += step, step = (step * 7) % 3001)
      hash.update(bytes.subarray(at, Math.min(length, at + step)));
    assert.is(hash.digest('hex'), wanted.digest('hex'), `${length}`);
  }
  assert.is(page.sha256().update('π').digest('base64'), createHash('sha256').update('π').digest('base64'));
  const [one, other] = [page.sha256().update('a'), page.sha256().update('b')];
  assert.is(one.update('c').digest('hex'), page.sha256Of('ac'));
  assert.is(other.digest('hex'), page.sha256Of('b'));
});

test('bytes as text and back', () => {
  const bytes = someBytes(50_001);
  for (const length of [0, 1, 2, 3, 255, 50_001]) {
    const part = bytes.subarray(0, length);
    const packed = Buffer.from(part).toString('base64');
    assert.is(page.base64(part), packed);
    assert.equal([...page.fromBase64(packed)], [...part]);
    assert.is(page.latin1(part), node.latin1(part));
    for (const encoding of ['utf8', 'latin1', 'hex'] as const) {
      assert.is(page.bytesOf(part).toString(encoding, 1, 200), Buffer.from(part).toString(encoding, 1, 200));
    }
  }
  assert.equal([...page.fromBase64('_-8=')], [...Buffer.from('_-8=', 'base64')]);
  assert.is(page.utf8(Buffer.from('\uFEFFé')), '\uFEFFé');
  const [ours, theirs] = [page.newBytes(9), node.newBytes(9)];
  for (const target of [ours, theirs]) assert.is(target.write('aé€', 2, 'utf8'), 6);
  assert.equal([...ours], [...theirs]);
  for (const read of ['readUInt16LE', 'readUInt16BE', 'readUInt32LE', 'readUInt32BE'] as const) {
    assert.is(ours[read](3), theirs[read](3), read);
    assert.throws(() => ours[read](8));
  }
  assert.is(ours.subarray(2).readUIntLE(0, 5), theirs.subarray(2).readUIntLE(0, 5));
});

test('paths', () => {
  const paths = [
    '',
    '.',
    '/',
    'a',
    'a/',
    '/a//b/../c.txt',
    '../a/./b',
    'a/../..',
    '.hidden',
    'a.b/c',
    'x.tar.gz',
    '/a/b/',
  ];
  for (const path of paths) {
    for (const [ours, theirs] of [
      [page.dirname, posix.dirname],
      [page.basename, posix.basename],
      [page.extname, posix.extname],
      [page.isAbsolute, posix.isAbsolute],
    ] as const) {
      assert.is(ours(path), theirs(path), `${theirs.name} ${path}`);
    }
    assert.is(page.posix.normalize(path), posix.normalize(path), `normalize ${path}`);
    for (const other of paths) {
      assert.is(page.join(path, other), posix.join(path, other), `join ${path} ${other}`);
      assert.is(page.resolve('/', path, other), posix.resolve('/', path, other), `resolve ${path} ${other}`);
      assert.is(page.relative(`/${path}`, `/${other}`), posix.relative(`/${path}`, `/${other}`), `${path} to ${other}`);
    }
  }
  assert.is(page.basename('a/b.parquet', '.parquet'), 'b');
});

test('what is packed', async () => {
  const bytes = someBytes(70_000).map((value) => value & 3);
  assert.is(page.crc32(bytes.subarray(9), page.crc32(bytes.subarray(0, 9))), crc32(bytes));
  const packed = deflateRawSync(bytes);
  const chunks: Uint8Array[] = [];
  async function* given(of: Uint8Array) {
    for (let at = 0; at < of.length; at += 10_000) yield of.subarray(at, at + 10_000);
  }
  for await (const chunk of page.inflateRaw(given(packed))) chunks.push(chunk);
  assert.equal(page.concat(chunks).subarray(), page.bytesOf(bytes));
  const damaged = packed.map((byte, i) => (i > 100 ? 255 : byte));
  const error = await rejection(async () => {
    for await (const _ of page.inflateRaw(given(damaged)));
  });
  assert.is((error as Error & { code?: string }).code, 'Z_DATA_ERROR');
  const zlib = deflateSync(bytes);
  assert.equal(Buffer.from(page.inflate(zlib, 70_000, false)), Buffer.from(bytes));
  for (const [of, most, code] of [
    [zlib, 69_999, 'ERR_BUFFER_TOO_LARGE'],
    [zlib.subarray(0, 5_000), 70_000, 'Z_BUF_ERROR'],
    [Uint8Array.of(1, 2, 3), 70_000, 'Z_DATA_ERROR'],
  ] as const) {
    for (const { inflate } of [page, node])
      assert.throws(
        () => inflate(of, most, false),
        (e: { code?: string }) => e.code === code,
      );
  }
  assert.ok(page.inflate(zlib.subarray(0, 5_000), 70_000, true).length > 1_000);
});

test('values that are the same', () => {
  const values = [
    0,
    -0,
    Number.NaN,
    'a',
    null,
    undefined,
    [],
    [1],
    [1, 2],
    {},
    { a: 1 },
    { a: undefined },
    new Set([1]),
  ];
  values.push(new Map([['a', [1]]]) as never, Float32Array.of(1, Number.NaN) as never, Uint8Array.of(1) as never);
  for (const a of values) {
    for (const b of values) assert.is(page.isSame(a, structuredClone(b)), node.isSame(a, structuredClone(b)));
  }
});

test('files in memory', async () => {
  page.putFile('/given/a.bin', new Blob([someBytes(100)]), 5);
  page.putFile('given/b/c.bin', someBytes(10));
  assert.equal(await page.listFolder('/given'), [
    { name: 'a.bin', kind: 'file' },
    { name: 'b', kind: 'folder' },
  ]);
  assert.equal(await page.entryAt('/given/a.bin'), { kind: 'file', size: 100, mtimeMs: 5 });
  const file = await page.openFile('/given/a.bin');
  const read = new Uint8Array(20);
  assert.is(await file.read(read, 90), 10);
  assert.equal(read.subarray(0, 10), someBytes(100).subarray(90));
  const output = await page.createOutput('/out/x');
  await output.write(someBytes(100_000), 0);
  await output.write(Uint8Array.of(7), 3);
  assert.is(await page.entryAt('/out/x'), null);
  await output.commit();
  assert.is((page.contentOf('/out/x') as Uint8Array)[3], 7);
  await page.createFolder('/out/folder', false, (inside) => page.writeFile(page.join(inside, 'y'), 'text'));
  assert.is(page.utf8(page.contentOf('/out/folder/y') as Uint8Array), 'text');
  const code = async (work: () => Promise<unknown>) => ((await rejection(work)) as Error & { code?: string }).code;
  assert.is(await code(() => page.openFile('/given')), 'EISDIR');
  assert.is(await code(() => page.openFile('/nothing')), 'ENOENT');
  assert.is(await code(() => page.listFolder('/given/a.bin')), 'ENOTDIR');
});
