/** Where the specs find the package, their fixtures and, where it is there, the shared test data. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findPackageRoot(from: string): string {
  return existsSync(join(from, 'package.json')) ? from : findPackageRoot(dirname(from));
}

export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));
export const fixtures = join(packageRoot, 'spec', 'fixtures');

/** Folder of the large test data that is not part of the package; null where it is absent. */
export const sharedData: string | null = (() => {
  const folder = process.env['IMAGE_DRIFT_SHARED_DATA'] ?? join(packageRoot, '..', 'shared', 'data');
  return existsSync(folder) ? folder : null;
})();

/** A spec that needs the shared data: runs where it is there, and says on stdout that it was skipped where not. */
export function withSharedData(name: string, register: (folder: string) => void): void {
  if (sharedData === null) console.log(`SKIPPED (no shared test data): ${name}`);
  else register(sharedData);
}
