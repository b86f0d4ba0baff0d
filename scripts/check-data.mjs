#!/usr/bin/env node
/**
 * Checks the shared test data against `spec/shared-data.json`: `npm run check:data`. It says what is there, what is
 * absent or has changed, and what is skipped without it. With `--folder` it only prints where the data is, and exits
 * with 1 if there is none. Needs a built dist/.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const paths = new URL('../dist/spec/support/places.js', import.meta.url);
if (!existsSync(paths)) {
  console.error('dist/ is not built: npm run build');
  process.exit(1);
}
const { sharedFolder } = await import(paths.href);

if (process.argv.includes('--folder')) {
  if (existsSync(sharedFolder)) console.log(sharedFolder);
  process.exit(existsSync(sharedFolder) ? 0 : 1);
}

async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** The problem with a file, or null. */
async function fault(name, { bytes, sha256: expected }) {
  const path = join(sharedFolder, name);
  if (!existsSync(path)) return `${name} is absent`;
  const found = statSync(path).size;
  if (bytes !== undefined && found !== bytes) return `${name} has ${found} bytes, ${bytes} are expected`;
  if (expected !== undefined && (await sha256(path)) !== expected) return `${name} has another sha256`;
  return null;
}

function recordingsFault(folder, expected) {
  const path = join(sharedFolder, folder);
  const found = existsSync(path) ? readdirSync(path).filter((name) => /^\d{3}-.*\.json$/.test(name)).length : 0;
  return found >= expected ? null : `${folder} has ${found} recordings, ${expected} are expected`;
}

const { groups } = JSON.parse(readFileSync(new URL('../spec/shared-data.json', import.meta.url), 'utf8'));
console.log(`shared test data: ${sharedFolder}${existsSync(sharedFolder) ? '' : ' (absent)'}`);
let faults = 0;
for (const { what, without, files = {}, folder, recordings } of groups) {
  const found = [
    ...(await Promise.all(Object.entries(files).map(([name, expected]) => fault(name, expected)))),
    ...(folder === undefined ? [] : [recordingsFault(folder, recordings)]),
  ].filter((one) => one !== null);
  faults += found.length;
  console.log(`${found.length === 0 ? 'ok     ' : 'MISSING'}  ${what}`);
  for (const one of found) console.log(`           ${one}`);
  if (found.length > 0) console.log(`           without it: ${without}`);
}
if (faults > 0) {
  console.log('\nSet IMAGE_DRIFT_SHARED to the folder that has it; CONTRIBUTING.md tells how such data is made.');
  process.exitCode = 1;
}
