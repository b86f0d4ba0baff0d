/** Images decoded on threads: the same pixels and errors as in the calling thread, and threads that die. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DecodePool, decodeImage } from '../../data/index.js';
import { CodedError } from '../../errors/index.js';
import { packageRoot } from '../support/paths.js';
import { refusal } from '../support/rejects.js';

const folder = join(packageRoot, 'spec/fixtures/data/images');
const names = ['jpeg444_q75_photo1-23x11.jpg', 'png-adler_.png', 'gif-16_photo1-23x11.gif', 'png-3-4_photo1-23x11.png'];
const dying = new URL('../support/dying-decoder.js', import.meta.url);

async function outcome(decoding: Promise<{ width: number; data: Uint8Array }>): Promise<unknown> {
  try {
    const { width, data } = await decoding;
    return [width, [...data]];
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return [error.code, error.message, error.hint];
  }
}

test('threads give the pixels and the errors of the calling thread', async () => {
  const pool = new DecodePool({ threads: 2, orientation: 'apply' });
  const files = [...names, ...names, ...names].map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  const results = await Promise.all(files.map(({ name, bytes }) => outcome(pool.decode(bytes, name))));
  for (const [i, { name, bytes }] of files.entries()) {
    assert.equal(results[i], await outcome(decodeImage(bytes, name, { orientation: 'apply' })), name);
  }
  await pool.close();
});

test('a thread that dies costs its image only', async () => {
  const pool = new DecodePool({ threads: 1, script: dying });
  const [first, died, thrown, last] = [
    pool.decode(Uint8Array.of(1), 'a'),
    pool.decode(Uint8Array.of(1), 'die'),
    pool.decode(Uint8Array.of(1), 'throw'),
    pool.decode(Uint8Array.of(1, 2), 'b'),
  ];
  const refused = [refusal('IMAGE_DECODER_DIED', () => died), refusal('IMAGE_DECODER_DIED', () => thrown)];
  assert.is((await first).width, 1);
  assert.is((await last).width, 2);
  const [exit, error] = await Promise.all(refused);
  assert.is(exit!.message, 'die: the thread that decoded it was lost: it ended with 7');
  assert.is(error!.message, 'throw: the thread that decoded it was lost: out of luck');
  await pool.close();
});

test('an image that takes too long is given up', async () => {
  const pool = new DecodePool({ threads: 1, script: dying, secondsAnImage: 0.05 });
  const error = await refusal('IMAGE_DECODER_DIED', () => pool.decode(Uint8Array.of(1), 'hang'));
  assert.is(error.message, 'hang: the thread that decoded it was lost: it took more than 0.05 s');
  await pool.close();
});

test('after close, nothing is decoded', async () => {
  const pool = new DecodePool({ threads: 1, script: dying });
  const open = [pool.decode(Uint8Array.of(1), 'hang'), pool.decode(Uint8Array.of(1), 'waiting')];
  const refused = open.map((decoding) => refusal('IMAGE_POOL_CLOSED', () => decoding));
  await pool.close();
  await Promise.all(refused);
  await refusal('IMAGE_POOL_CLOSED', () => pool.decode(Uint8Array.of(1), 'late'));
});

test.run();
