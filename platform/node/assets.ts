/** The files of this package. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Compiled, this module lies in `dist/platform/node/`. */
const ROOT = new URL('../../../', import.meta.url);

const OF_PACKAGES = 'node_modules/';

/** @param name its path from the package's root @returns null if the file is not there: a bare type check builds none */
export function asset(name: string): Uint8Array | null {
  const file = name.startsWith(OF_PACKAGES)
    ? createRequire(import.meta.url).resolve(name.slice(OF_PACKAGES.length))
    : new URL(name, ROOT);
  return existsSync(file) ? readFileSync(file) : null;
}

/** A page has some assets only after this. @param _begin of their names */
export async function loadAssets(_begin: string): Promise<void> {}

/** The path of a folder of this package. */
export function assetFolder(name: string): string {
  return fileURLToPath(new URL(name, ROOT));
}
