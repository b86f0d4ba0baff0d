/**
 * Which optional packages are installed, told by their `package.json` alone: nothing of them is loaded, so asking costs
 * less than a millisecond. Whether they also work is for the backend to say.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lookupFolders } from './lookup-folders.js';

/** Its version; null where it is in none of the folders of `lookup-folders.ts`. */
export function installedVersion(name: string): string | null {
  for (const folder of lookupFolders(name)) {
    const manifest = readManifest(join(folder, name));
    if (typeof manifest?.version === 'string') return manifest.version;
  }
  return null;
}

/** The `package.json` of a package's folder; null where it is not there, or half there. */
export function readManifest(root: string): { name?: unknown; version?: unknown } | null {
  try {
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  } catch {
    return null;
  }
}
