#!/usr/bin/env node
/**
 * The executable. An older Node could not even parse what the program imports, so nothing is imported before its version
 * is known.
 */
import { nodeTooOld } from './node-version.js';

const complaint = nodeTooOld(process.versions.node, process.argv.includes('--json'));
if (complaint === null) {
  const { tellNotLoaded } = await import('./not-loaded.js');
  await import('./start.js').catch(tellNotLoaded);
} else {
  process.stderr.write(`${complaint}\n`);
  process.exitCode = 2;
}
