#!/usr/bin/env node
/** The executable. An older Node could not parse the program, so nothing is imported before its version is known. */
import { NOT_LOADED_EXIT_CODE, nodeTooOld, notLoaded } from './loading.js';

/** The build bundles `start.js` and what it imports into a few files, which Node loads in half the time. */
const START = '../bundled/cli-start.js';

const isJson = process.argv.includes('--json');
const [first, second] = process.argv.slice(2);
const complaint = nodeTooOld(process.versions.node, isJson);
if (complaint === null && second === undefined && (first === '--version' || first === '-V')) {
  // Loading the program would take as long again as starting Node.
  const { readFileSync } = await import('node:fs');
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${version}\n`);
} else if (complaint === null) {
  await import(START).catch((error: unknown) => {
    process.stderr.write(`${notLoaded(error as NodeJS.ErrnoException, isJson)}\n`);
    process.exitCode = NOT_LOADED_EXIT_CODE;
  });
} else {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 2;
}
