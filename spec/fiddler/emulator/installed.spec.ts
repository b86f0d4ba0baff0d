import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as emulatorPackage from 'image-drift-emulator';
import type { EmulatorPackage } from '../../../cli/emulator.js';
import { assert, packageRoot, temporaryFolder, test } from '../../support/test.js';

/** The parts of the package that the command uses. The compiler compares them with the package. */
const used: EmulatorPackage = emulatorPackage;

/** A project with image-drift installed, and without the emulator. */
function project(): string {
  const folder = temporaryFolder();
  const core = join(folder, 'node_modules', 'image-drift');
  const own = (path: string) => !/dist.(spec|bench)$/.test(path);
  cpSync(join(packageRoot, 'dist'), join(core, 'dist'), { recursive: true, filter: own });
  cpSync(join(packageRoot, 'package.json'), join(core, 'package.json'));
  const { dependencies } = JSON.parse(readFileSync(join(core, 'package.json'), 'utf8')) as { dependencies: object };
  for (const name of Object.keys(dependencies)) {
    const link = join(folder, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(packageRoot, 'node_modules', name), link, 'junction');
  }
  return folder;
}

/** A package with the emulator's name that only reports where it is. */
function install(folder: string): void {
  const place = join(folder, 'node_modules', 'image-drift-emulator');
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, 'package.json'), '{"type": "module", "exports": "./index.js"}');
  writeFileSync(join(place, 'index.js'), 'export const parseFaults = () => { throw new Error(import.meta.url); };');
}

function run(folder: string, cwd: string, ...flags: string[]) {
  const main = join(folder, 'node_modules', 'image-drift', 'dist', 'cli', 'main.js');
  const env = { ...process.env, NO_COLOR: '1' };
  return spawnSync(process.execPath, [main, 'emulator', ...flags], { cwd, env, encoding: 'utf8' });
}

const folder = project();

test('without it, the command says how to install it, and what the current directory has does not count', () => {
  const elsewhere = temporaryFolder();
  install(elsewhere);
  const { status, stdout, stderr } = run(folder, elsewhere, '--json');
  assert.is(status, 4, stderr);
  assert.is(stdout, '');
  const { error } = JSON.parse(stderr);
  assert.is(error.code, 'EMULATOR_NOT_INSTALLED');
  assert.match(error.message, join(folder, 'node_modules', 'image-drift'));
  assert.match(error.hint, 'npm pack -w image-drift-emulator');
});

test('without it, its help is there', () => {
  const { status, stdout } = run(folder, folder, '--help');
  assert.is(status, 0);
  assert.match(stdout, '--job-seconds');
});

test('beside image-drift it is found from any directory', () => {
  install(folder);
  const { status, stderr } = run(folder, temporaryFolder());
  assert.is(status, 1, stderr);
  assert.match(stderr, `${folder}/node_modules/image-drift-emulator/index.js`);
});

test('the package has what the command uses', () => {
  assert.equal([typeof used.parseFaults, typeof used.startEmulator], ['function', 'function']);
});
