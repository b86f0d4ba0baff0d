/**
 * An image set of 200 MB passes through a process of less than 150 MiB, stored or deflated.
 * @long: it writes and reads 400 MB
 */
import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { encodeNpyHeader } from '../../data/index.js';
import { assert, temporaryFolder, test } from '../support/test.js';

const IMAGES = 66_000;
const IMAGE_BYTES = 32 * 32 * 3;
const MAX_PEAK_BYTES = 150 * 2 ** 20;
const child = fileURLToPath(new URL('./stream-images.js', import.meta.url));
const folder = temporaryFolder();

for (const kind of ['deflated', 'stored'] as const) {
  test(`66,000 images, ${kind}, need no more than 150 MiB`, async () => {
    const path = join(folder, kind);
    await pipeline(Readable.from(npzChunks(kind)), createWriteStream(path));
    const { stdout } = await promisify(execFile)(process.execPath, [child, path]);
    const { images, peakBytes } = JSON.parse(stdout) as { images: number; peakBytes: number };
    assert.is(images, IMAGES);
    assert.ok(peakBytes < MAX_PEAK_BYTES, `${Math.round(peakBytes / 2 ** 20)} MiB`);
  });
}

function* npyChunks(): Generator<Uint8Array> {
  yield encodeNpyHeader('|u1', [IMAGES, 32, 32, 3]);
  const thousand = new Uint8Array(1000 * IMAGE_BYTES);
  for (let row = 0; row < IMAGES; row += 1000) yield thousand;
}

function* npzChunks(kind: 'deflated' | 'stored'): Generator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    ready.push(chunk);
  });
  const member = kind === 'stored' ? new ZipPassThrough('arr_0.npy') : new ZipDeflate('arr_0.npy', { level: 1 });
  zip.add(member);
  for (const chunk of npyChunks()) {
    // The deflater takes the chunk's memory for its own.
    member.push(chunk.slice());
    yield* ready.splice(0);
  }
  member.push(new Uint8Array(0), true);
  zip.end();
  yield* ready.splice(0);
}
