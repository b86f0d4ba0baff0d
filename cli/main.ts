#!/usr/bin/env node
/** The executable. An older Node could not parse the program, so nothing is imported before its version is known. */
import { NOT_LOADED_EXIT_CODE, nodeTooOld, notLoaded } from './loading.js';

/** The build bundles `start.js` and what it imports into a few files, which Node loads in half the time. */
const START = '../bundled/cli-start.js';

const isJson = process.argv.includes('--json');
const complaint = nodeTooOld(process.versions.node, isJson);
if (complaint === null) {
  await import(START).catch((error: unknown) => {
    process.stderr.write(`${notLoaded(error as NodeJS.ErrnoException, isJson)}\n`);
    process.exitCode = NOT_LOADED_EXIT_CODE;
  });
} else {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 2;
}
