import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeFileAtomically, writeFolderAtomically } from '../../files/index.js';
import { assert, packageRoot, refusal, rejection, temporaryFolder, test } from '../support/test.js';

const files = pathToFileURL(join(packageRoot, 'dist', 'files', 'index.js')).href;
const text = (value: string) => new TextEncoder().encode(value);

test('a file is written in order, patched, and only then there', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'out.txt');
  await writeFileAtomically(path, async (file) => {
    await file.write(text('count=??\n'));
    for (let i = 0; i < 100_000; i++) await file.write(text('row\n'));
    assert.is(file.position, 9 + 400_000);
    await file.patch(6, text('42'));
    assert.not.ok(readdirSync(folder).includes('out.txt'));
  });
  assert.equal(readdirSync(folder), ['out.txt']);
  const written = readFileSync(path, 'utf8');
  assert.is(written.length, 9 + 400_000);
  assert.ok(written.startsWith('count=42\nrow\n'));
});

test('a written chunk may be changed, whatever its size', async () => {
  const path = join(temporaryFolder(), 'out.bin');
  const sizes = [1, 0, 300_000, 200_000, 62_143, 1, 262_144, 100_000, 162_145, 5];
  const room = new Uint8Array(300_000);
  await writeFileAtomically(path, async (file) => {
    for (const [i, size] of sizes.entries()) {
      await file.write(room.fill(i).subarray(0, size));
      room.fill(255);
    }
  });
  const wanted = Buffer.concat(sizes.map((size, i) => Buffer.alloc(size, i)));
  assert.ok(readFileSync(path).equals(wanted));
});

test('an error leaves the old file and nothing else', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'out.txt');
  writeFileSync(path, 'old');
  await writeFileAtomically(path, async (file) => {
    await file.write(text('new'));
    throw new Error('source failed');
  }).catch((error: Error) => assert.is(error.message, 'source failed'));
  assert.equal(readdirSync(folder), ['out.txt']);
  assert.is(readFileSync(path, 'utf8'), 'old');
});

test('places where no file can be are refused with a code', async () => {
  const folder = temporaryFolder();
  const nothing = async () => {};
  await refusal('FILE_IS_FOLDER', () => writeFileAtomically(folder, nothing));
  await refusal('FILE_NOT_FOUND', () => writeFileAtomically(join(folder, 'missing', 'x'), nothing));
  await refusal('FILE_NOT_REGULAR', () => writeFileAtomically('/dev/null', nothing));
  writeFileSync(join(folder, 'file'), '');
  await refusal('FILE_NOT_FOLDER', () => writeFileAtomically(join(folder, 'file', 'x'), nothing));
});

test('a folder is replaced only where its owner says so', async () => {
  const folder = temporaryFolder();
  const target = join(folder, 'deep', 'weights');
  const fill = (name: string) => async (temporary: string) => writeFileSync(join(temporary, name), name);
  await writeFolderAtomically(target, fill('one'));
  assert.equal(readdirSync(target), ['one']);
  await refusal('FOLDER_NOT_EMPTY', () => writeFolderAtomically(target, fill('two')), 'one');
  await writeFolderAtomically(target, fill('two'), { mayReplace: (names) => names.every((name) => name === 'one') });
  assert.equal(readdirSync(target), ['two']);
  assert.equal(readdirSync(join(folder, 'deep')), ['weights']);
});

test('a folder whose filling fails is not there, and the old one stays', async () => {
  const folder = temporaryFolder();
  const target = join(folder, 'weights');
  mkdirSync(target);
  writeFileSync(join(target, 'old'), '');
  const fill = async (temporary: string) => {
    writeFileSync(join(temporary, 'new'), '');
    throw new Error('disk full');
  };
  await rejection(() => writeFolderAtomically(target, fill, { mayReplace: () => true }));
  assert.equal(readdirSync(folder), ['weights']);
  assert.equal(readdirSync(target), ['old']);
});

/** Runs a module that writes 8 MiB to `path` in a process of its own. */
function writeInChild(path: string, prefix: string, ending: string) {
  const script = `
    import { AtomicFile } from '${files}';
    try {
      const file = await AtomicFile.create(process.argv[1]);
      for (let i = 0; i < 32; i++) await file.write(new Uint8Array(262144));
      ${ending}
    } catch (error) { console.log(error.code); process.exitCode = 4; }`;
  const command = ['-c', `${prefix} exec "$0" --input-type=module -e "$1" "$2"`, process.execPath, script, path];
  return spawnSync('bash', command, { encoding: 'utf8' });
}

test('a disk that fills up gives DISK_FULL and no file', () => {
  const folder = temporaryFolder();
  const child = writeInChild(join(folder, 'out.bin'), 'ulimit -f 2048;', 'await file.commit();');
  assert.is(child.stdout.trim(), 'DISK_FULL', child.stderr);
  assert.equal(readdirSync(folder), []);
});

test('a process that ends in the middle leaves nothing', () => {
  const folder = temporaryFolder();
  const child = writeInChild(join(folder, 'out.bin'), '', 'process.exit(130);');
  assert.is(child.status, 130, child.stderr);
  assert.equal(readdirSync(folder), []);
});

for (const create of ['writeFileAtomically', 'writeFolderAtomically']) {
  test(`a process that ends as soon as ${create} has made something leaves nothing`, () => {
    const folder = temporaryFolder();
    const script = `
      import { readdirSync } from 'node:fs';
      import { ${create} } from '${files}';
      const [folder] = process.argv.slice(1);
      // Nothing else runs in this thread for 5 ms: what the file system has made, its maker does not know yet.
      const look = () => {
        for (const end = performance.now() + 5; performance.now() < end; ) {
          if (readdirSync(folder).length > 0) process.exit(130);
        }
        setImmediate(look);
      };
      ${create}(folder + '/out', () => new Promise(() => {}));
      look();`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, folder], { encoding: 'utf8' });
    assert.is(child.status, 130, child.stderr);
    assert.equal(readdirSync(folder), []);
  });
}
