#!/usr/bin/env node
/**
 * Keeps dist/ up to date while you edit: `npm run watch`. After each change it runs `scripts/build.mjs`, which builds only
 * what has changed. Ctrl-C ends it.
 */
import { spawn } from 'node:child_process';
import { readdirSync, watch } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** An editor writes a file in several steps: a build waits until it is quiet for this long. */
const QUIET_MS = 200;
/** What a build reads. */
const SOURCE = /\.(ts|mjs|css|json)$/;
const IGNORED = new Set(['dist', 'node_modules', 'demo-out', '.git']);

let timer;
let running = false;
let changed = false;

/** One build at a time; a change during a build leads to one more. */
function build() {
  if (running) return;
  running = true;
  changed = false;
  spawn(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'inherit' }).on('exit', () => {
    running = false;
    console.log(`${new Date().toLocaleTimeString()}: watching; Ctrl-C ends it`);
    if (changed) build();
  });
}

function onChange(path) {
  if (!SOURCE.test(path) || path.split(/[\\/]/).includes('node_modules')) return;
  changed = true;
  clearTimeout(timer);
  timer = setTimeout(build, QUIET_MS);
}

watch(root, (_, name) => onChange(name ?? ''));
for (const entry of readdirSync(root, { withFileTypes: true })) {
  if (!entry.isDirectory() || IGNORED.has(entry.name)) continue;
  watch(join(root, entry.name), { recursive: true }, (_, name) => onChange(name ?? ''));
}
build();
