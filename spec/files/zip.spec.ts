import { zipSync } from 'fflate';
import { RandomAccessFile, ZipArchive } from '../../files/index.js';
import { assert, refusal, test, written } from '../support/test.js';

async function openBytes(bytes: Uint8Array): Promise<{ archive: ZipArchive; file: RandomAccessFile }> {
  const file = await RandomAccessFile.open(written('made.zip', bytes));
  try {
    return { archive: await ZipArchive.open(file), file };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readMember(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  const { archive, file } = await openBytes(bytes);
  try {
    return await archive.readAll(archive.members.get(name)!, 1e9);
  } finally {
    await file.close();
  }
}

const pattern = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) >> 7);
const stored = zipSync({ 'a/b.bin': [pattern, { level: 0 }], empty: [new Uint8Array(0), { level: 0 }] });
const deflated = zipSync({ 'a/b.bin': [pattern, { level: 6 }] });

/** The bytes with a 16- or 32-bit little-endian number at the n-th `signature` + `offset` replaced. */
function edited(bytes: Uint8Array, signature: number, offset: number, value: number, width: 2 | 4): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (let at = copy.length - 22; at >= 0; at--) {
    if (view.getUint32(at, true) !== signature) continue;
    if (width === 2) view.setUint16(at + offset, value, true);
    else view.setUint32(at + offset, value, true);
    return copy;
  }
  throw new Error('signature not found');
}
const END = 0x06054b50;
const ENTRY = 0x02014b50;

test('stored and deflated members come out as they went in', async () => {
  assert.equal(await readMember(stored, 'a/b.bin'), pattern);
  assert.equal(await readMember(stored, 'empty'), new Uint8Array(0));
  assert.equal(await readMember(deflated, 'a/b.bin'), pattern);
});

test('a stream comes in bounded chunks', async () => {
  const { archive, file } = await openBytes(zipSync({ zeros: [new Uint8Array(50_000_000), { level: 9 }] }));
  let [bytes, largest] = [0, 0];
  for await (const { byteLength } of archive.stream(archive.members.get('zeros')!)) {
    bytes += byteLength;
    largest = Math.max(largest, byteLength);
  }
  assert.is(bytes, 50_000_000);
  assert.ok(largest <= 17 * 1024 * 1024, `${largest}`);
  await file.close();
});

test('a comment after the directory is allowed', async () => {
  const comment = new TextEncoder().encode('hello');
  const withComment = new Uint8Array([...edited(deflated, END, 20, comment.length, 2), ...comment]);
  assert.equal(await readMember(withComment, 'a/b.bin'), pattern);
});

test('truncated, lying, overlapping and climbing archives are refused with a code', async () => {
  const half = stored.subarray(0, stored.length >> 1);
  await refusal('ZIP_NO_DIRECTORY', () => openBytes(half));
  await refusal('ZIP_NO_DIRECTORY', () => openBytes(new Uint8Array(0)));
  await refusal('ZIP_NO_DIRECTORY', () => openBytes(new Uint8Array(10)));
  await refusal('ZIP_BAD_OFFSET', () => openBytes(edited(stored, END, 16, 0x7fffffff, 4)));
  await refusal('ZIP_BAD_DIRECTORY', () => openBytes(edited(stored, END, 10, 60_000, 2)));
  await refusal('ZIP_BAD_ZIP64', () => openBytes(edited(deflated, ENTRY, 24, 0xffffffff, 4)));
  await refusal('ZIP_METHOD', () => openBytes(edited(deflated, ENTRY, 10, 12, 2)));
  await refusal('ZIP_ENCRYPTED', () => openBytes(edited(deflated, ENTRY, 8, 1, 2)));
  await refusal('ZIP_BOMB', () => openBytes(edited(deflated, ENTRY, 24, 0xfffffff0, 4)));
  await refusal('ZIP_SIZE_MISMATCH', () => openBytes(edited(stored, ENTRY, 24, 7, 4)));
  await refusal('ZIP_OVERLAP', () => openBytes(edited(stored, ENTRY, 42, 5, 4)));
  await refusal('ZIP_BAD_NAME', () => openBytes(zipSync({ '../x': new Uint8Array(3) })));
  await refusal('ZIP_BAD_NAME', () => openBytes(zipSync({ '/etc/x': new Uint8Array(3) })));
});

test('a member that does not keep its promise is refused when it is read', async () => {
  await refusal('ZIP_SIZE_MISMATCH', () => readMember(edited(deflated, ENTRY, 24, 2_999_999, 4), 'a/b.bin'));
  await refusal('ZIP_SIZE_MISMATCH', () => readMember(edited(deflated, ENTRY, 24, 3_000_001, 4), 'a/b.bin'));
  await refusal('ZIP_CHECKSUM', () => readMember(edited(deflated, ENTRY, 16, 1, 4), 'a/b.bin'));
  const damaged = deflated.slice().fill(0xff, 100, 200);
  await refusal('ZIP_BAD_DEFLATE', () => readMember(damaged, 'a/b.bin'), 'a/b.bin');
  const renamed = deflated.slice();
  renamed[30] = 'z'.charCodeAt(0);
  await refusal('ZIP_BAD_HEADER', () => readMember(renamed, 'a/b.bin'));
});
