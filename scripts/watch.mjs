#!/usr/bin/env node
/**
 * Keeps dist/ up to date while you edit: `npm run watch`. tsc watches the TypeScript; a change under a folder that is
 * built by a script of its own (the pages' scripts, the WebAssembly kernels) runs that script again. Ctrl-C ends it.
 */
import { spawn } from 'node:child_process';
import { watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** An editor writes a file in several steps: a build waits until it is quiet for this long. */
const QUIET_MS = 200;

/** What changes where, and the script that then runs. They are the parts of `npm run build` after tsc. */
const BUILDS = [
  { folders: ['report/client'], script: 'report/bundle.mjs' },
  { folders: ['emulator/page/client'], script: 'emulator/page/bundle.mjs' },
  { folders: ['drift/kernel/assembly'], script: 'drift/kernel/build.mjs' },
  { folders: ['engine/simd/assembly', 'dist/engine/simd/printer'], script: 'engine/simd/build.mjs' },
  { folders: ['data/images/kernel/assembly'], script: 'data/images/kernel/build.mjs' },
];

const children = new Set();

function start(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

/** Runs one script at a time; a change during a run leads to one more. */
function rebuilder(script) {
  let timer;
  let running = false;
  let again = false;
  const run = () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    start(process.execPath, [script]).on('exit', (status) => {
      console.log(`${script}: ${status === 0 ? 'built' : `failed (${status})`}`);
      running = false;
      if (again) {
        again = false;
        run();
      }
    });
  };
  return () => {
    clearTimeout(timer);
    timer = setTimeout(run, QUIET_MS);
  };
}

function stop() {
  for (const child of children) child.kill();
  process.exit(0);
}

start('npm', ['run', 'build']).on('exit', (status) => {
  if (status !== 0) process.exit(status ?? 1);
  start(process.execPath, [
    join(root, 'node_modules', 'typescript', 'bin', 'tsc'),
    '-p',
    'tsconfig.json',
    '--watch',
    '--preserveWatchOutput',
  ]);
  for (const { folders, script } of BUILDS) {
    const rebuild = rebuilder(script);
    for (const folder of folders) watch(join(root, folder), { recursive: true }, rebuild);
  }
  console.log('watching; Ctrl-C ends it');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, stop);
