import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { CodedError } from '../../base/index.js';
import { openEvents, openEventWriter } from '../../data/index.js';
import { decompress, loadCodec } from '../../data/parquet/codecs.js';
import { xxhash64 } from '../../data/parquet/hyparquet.js';
import { readEvents } from '../data/support/event-tables.js';
import { assert, fixtures, refusal, runCliTo, temporaryFolder, test } from '../support/test.js';

async function readThrough(path: string): Promise<number> {
  return (await readEvents(path)).events.rows;
}

for (const [name, says] of [
  ['crc_mismatch.parquet', /checksum [0-9a-f]{8} promised, the page gives [0-9a-f]{8}/],
  ['crc_flipped.parquet', /checksum/],
  ['levels_mismatch.parquet', /levels|values|promised/],
] as const) {
  test(name, async () => {
    await refusal('PARQUET_DAMAGED', () => readThrough(join(fixtures, 'hostile', name)), says);
  });
}

test('baseline refuses such a file, and makes nothing', () => {
  const out = join(temporaryFolder(), 'p.json');
  runCliTo(4, ['baseline', join(fixtures, 'hostile', 'crc_mismatch.parquet'), '--out', out], 'error PARQUET_DAMAGED');
  assert.is(existsSync(out), false);
});

if ('zstdDecompressSync' in zlib) {
  test('a damaged Zstandard stream without a checksum', async () => {
    await refusal('PARQUET_DAMAGED', () => readThrough(join(fixtures, 'hostile', 'zstd_corrupt.parquet')));
  });
} else console.log(`SKIPPED (Node ${process.version} has no Zstandard): zstd_corrupt.parquet`);

/** A frame of one stored block that ends with a checksum. */
function frame(content: Uint8Array): Buffer {
  const block = Buffer.alloc(3);
  block.writeUIntLE((content.length << 3) | 1, 0, 3);
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(Number(xxhash64(content) & 0xffff_ffffn));
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x24, content.length]), block, content, sum]);
}

test("a Zstandard frame's checksum counts, also of the second of two", async () => {
  await loadCodec('ZSTD');
  const [a, b] = [Buffer.from('one content'), Buffer.from('and another')];
  const both = Buffer.concat([frame(a), frame(b)]);
  assert.is(Buffer.from(decompress('ZSTD', both, 22)).toString(), 'one contentand another');
  for (const at of [10, both.length - 6]) {
    const damaged = Buffer.from(both);
    damaged[at]! ^= 1;
    assert.throws(() => decompress('ZSTD', damaged, 22), /checksum|corrupt/i);
  }
});

test('every bit of a page that embed wrote counts', async () => {
  const folder = temporaryFolder();
  const csv = join(folder, 'e.csv');
  const rows = Array.from({ length: 40 }, (_, i) => `"[${i}, 1.5]",0.5,${i % 2 ? 'é' : 'b'},url${i}`);
  writeFileSync(csv, `embeddings,a,target,image_url\n${rows.join('\n')}\n`);
  const path = join(folder, 'e.parquet');
  await rewrite(csv, path);
  const bytes = readFileSync(path);
  const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
  const damaged = join(folder, 'd.parquet');
  let accepted = 0;
  let refused = 0;
  for (let at = 4; at < footer; at++) {
    const copy = Buffer.from(bytes);
    copy[at]! ^= 1 << (at % 8);
    writeFileSync(damaged, copy);
    try {
      await readThrough(damaged);
      accepted++;
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      refused++;
    }
  }
  // What is left are bits of page headers that no reader needs.
  assert.ok(refused > 30 * accepted, `${accepted} accepted, ${refused} refused`);
});

async function rewrite(from: string, to: string): Promise<void> {
  const events = await openEvents(from, { scores: ['a'] });
  const writer = await openEventWriter(to, events.schema);
  for await (const batch of events.batches()) await writer.write(batch);
  await writer.commit();
  await events.close();
}

test('XXH64, on the vectors of its specification', () => {
  const bytes = (length: number) => {
    let generator = 2654435761n;
    return Uint8Array.from({ length }, () => {
      const byte = Number((generator >> 56n) & 0xffn);
      generator = (generator * 11400714785074694797n) & 0xffff_ffff_ffff_ffffn;
      return byte;
    });
  };
  assert.is(xxhash64(new Uint8Array(0)), 0xef46db3751d8e999n);
  assert.is(xxhash64(bytes(1)), 0xe934a84adb052768n);
  assert.is(xxhash64(bytes(14)), 0x8282dcc4994e35c8n);
  assert.is(xxhash64(bytes(222)), 0xb641ae8cb691c174n);
});
