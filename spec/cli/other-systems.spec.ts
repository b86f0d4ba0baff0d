/** What other systems do otherwise, tried on this one. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuseOverwriting } from '../../cli/outputs.js';
import { expandPattern } from '../../data/images/sources/glob.js';
import { openDispatcher } from '../../fiddler/client/server-url.js';
import { createFolder } from '../../platform/node/output.js';
import { createScratch } from '../../platform/node/scratch.js';
import { assert, refusal, temporaryFolder, test } from '../support/test.js';

const bytes = new TextEncoder().encode('four');

test('an unnamed file has one handle and no name: Windows removes no file that is open', async () => {
  const folder = temporaryFolder();
  const scratch = await createScratch(folder);
  await scratch.write(bytes, 0);
  const reader = await scratch.finish();
  assert.equal(readdirSync(folder), []);
  const read = new Uint8Array(4);
  await reader.read(read, 0);
  assert.equal(read, bytes);
  await reader.close();
});

test('a folder is replaced though a viewer has a file of the old one open', async () => {
  const folder = join(temporaryFolder(), 'weights');
  mkdirSync(folder);
  const remove = () => Promise.reject(Object.assign(new Error('not empty'), { code: 'ENOTEMPTY' }));
  const fill = async (path: string) => writeFileSync(join(path, 'new.json'), '{}');
  await createFolder(folder, true, fill, remove);
  assert.equal(readdirSync(folder), ['new.json']);
});

test('patterns of Windows have backslashes', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'cam'));
  writeFileSync(join(folder, 'cam', 'a.jpg'), '');
  assert.equal(await expandPattern(`${folder}\\c*\\*.jpg`, true), [join(folder, 'cam', 'a.jpg')]);
});

test('two outputs whose names differ by case are one file on Windows and macOS', async () => {
  const folder = temporaryFolder();
  const args = { out: join(folder, 'A.parquet'), report: join(folder, 'a.parquet') };
  await refuseOverwriting(args, [], ['out', 'report'], false);
  await refusal('USAGE', () => refuseOverwriting(args, [], ['out', 'report'], true), '--out and --report are both');
});

test('Bun has an undici of its own, and is refused by name', async () => {
  const versions = { ...process.versions, bun: '1.4.5' };
  await refusal('RUNTIME_UNSUPPORTED', () => openDispatcher('http://localhost', versions), 'Bun 1.4.5');
});
