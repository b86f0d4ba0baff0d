import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { assert, fixtures, runCliTo, temporaryFolder, test } from '../support/test.js';

/** Far above what any of them takes now, and far below what they took. */
const LIMIT_MS = 20_000;

function refused(path: string, says: string | RegExp): void {
  const started = performance.now();
  runCliTo(4, ['inspect', path], says);
  assert.ok(performance.now() - started < LIMIT_MS, `${Math.round(performance.now() - started)} ms`);
}

function checkpoint(name: string, pickle: Buffer): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, zipSync({ 'a/data.pkl': pickle, 'a/byteorder': Buffer.from('little') }));
  return path;
}

for (const name of ['pickle_ordereddict_hang.pth', 'pickle_ordereddict_oom.pth']) {
  test(`${name}: one list, copied by a hundred thousand calls`, () => {
    refused(join(fixtures, 'hostile', name), 'error PICKLE_LIMIT');
  });
}

test('a name of a megabyte, called a hundred thousand times', () => {
  const long = Buffer.alloc(2 ** 20, 'a');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(long.length);
  const names = Buffer.from('h\0h\0\x930', 'latin1').toString('latin1').repeat(100_000);
  const pickle = Buffer.concat([Buffer.from('\x80\x04X', 'latin1'), length, long, Buffer.from('q\0', 'latin1')]);
  refused(checkpoint('name.pth', Buffer.concat([pickle, Buffer.from(`${names}N.`, 'latin1')])), 'error PICKLE_LIMIT');
});

test('a persistent id of lists that share their parts, which as text would have 2^40 characters', () => {
  const doubled = Array.from({ length: 40 }, () => '2\x86').join('');
  const pickle = Buffer.from(`\x80\x02K\x01${doubled}N\x86Q.`, 'latin1');
  refused(checkpoint('id.pth', pickle), 'error PICKLE_INVALID');
});
