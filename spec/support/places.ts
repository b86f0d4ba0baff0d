/** Where things lie: the package, its fixtures, the shared test data if present, and folders for one spec's files. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findPackageRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findPackageRoot(dirname(from));
}

export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));
export const fixtures = join(packageRoot, 'spec', 'fixtures');

/** What a JSON file of the fixtures holds. */
export function readFixture<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(fixtures, ...path), 'utf8'));
}

/**
 * Large test data: the folder `IMAGE_DRIFT_SHARED`, or `shared` beside the checkout. `npm run check:data` lists what
 * belongs in it. No other code reads the variable.
 */
export const sharedFolder = process.env['IMAGE_DRIFT_SHARED'] ?? join(packageRoot, '..', 'shared');

function ifThere(folder: string): string | null {
  return existsSync(folder) ? folder : null;
}

/** Images, checkpoints and golden embeddings of the shared test data; null if absent. */
export const sharedData = ifThere(join(sharedFolder, 'data'));

/** Recorded requests of Fiddler's own client; null if absent. */
const sharedRecordings = ifThere(join(sharedFolder, 'fiddler-wire'));

/** Registers a spec that needs the shared data. Without the data, a line on stdout says that it was skipped. */
export function withSharedData(name: string, register: (folder: string) => void): void {
  if (sharedData === null) console.log(`SKIPPED (no shared test data): ${name}`);
  else register(sharedData);
}

/** The same for a spec that needs the recordings of Fiddler's client. */
export function withSharedRecordings(name: string, register: (folder: string) => void): void {
  if (sharedRecordings === null) console.log(`SKIPPED (no recordings of Fiddler's client): ${name}`);
  else register(sharedRecordings);
}

const folders: string[] = [];
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A file in a folder of its own, with this content. @returns its path */
export function written(name: string, content: string | Uint8Array): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

/** A new folder, removed when the process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'image-drift-spec-'));
  folders.push(folder);
  return folder;
}
