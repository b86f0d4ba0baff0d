#!/usr/bin/env node
/**
 * Writes the row of the last whole run into docs/checks.md: `record-checks.mjs PASSED FAILED SECONDS`, as `.ci/run all` does at
 * its end.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [passed, failed, seconds] = process.argv.slice(2).map(Number);
const page = new URL('../docs/checks.md', import.meta.url);
const git = (...args) => execFileSync('git', args, { encoding: 'utf8' }).trim();
// Only files that are built or run count, because docs/checks.md itself changes with every run.
const changed = git('status', '--porcelain', '--', '.', ':!docs') === '' ? '' : ' (with changes)';
const row = [
  new Date().toISOString().slice(0, 10),
  `${git('rev-parse', '--short', 'HEAD')}${changed}`,
  process.version,
  `${Math.round(seconds / 60)} min`,
  `${passed} passed, ${failed} failed`,
];
const text = readFileSync(page, 'utf8');
const lastRun = /(\| date \| commit \|[^\n]*\n\|[-|]+\n)[^\n]*\n/;
if (!lastRun.test(text)) throw new Error('docs/checks.md has no table of the last whole run');
writeFileSync(page, text.replace(lastRun, `$1| ${row.join(' | ')} |\n`));
