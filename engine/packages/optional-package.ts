/** Packages that a user may install beside this one: found in the folders of `lookup-folders.ts`, loaded when asked for. */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readManifest } from './installed.js';
import { lookupFolders } from './lookup-folders.js';

export interface OptionalPackage {
  name: string;
  version: string;
  /** Folder of the package. */
  root: string;
  /** Its main file. */
  main: string;
}

/** Null where it is not installed, which says nothing about whether it would work. */
export function findOptionalPackage(name: string): OptionalPackage | null {
  for (const folder of lookupFolders(name)) {
    const found = packageIn(join(folder, name), name);
    if (found !== null) return found;
  }
  return null;
}

/**
 * The package's exports. It must be CommonJS, as all those are that hold native code today: `import` would scan its
 * files for names first, which takes longer than running them.
 *
 * @throws whatever the package throws, such as for an addon that was built for another system
 */
export function loadOptionalPackage<T>({ main }: OptionalPackage): T {
  return createRequire(import.meta.url)(main) as T;
}

function packageIn(folder: string, name: string): OptionalPackage | null {
  const manifest = readManifest(folder);
  if (manifest?.name !== name) return null;
  try {
    const main = createRequire(import.meta.url).resolve(folder);
    return { name, version: String(manifest.version), root: realpathSync(folder), main };
  } catch {
    return null;
  }
}
