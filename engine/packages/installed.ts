/**
 * Which optional packages lie beside this one, told by their `package.json` alone: nothing of them is loaded, so asking
 * costs less than a millisecond. Whether they also work is for the backend to say.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** Its version, where Node would find it from here or from the current directory; null where it would not. */
export function installedVersion(name: string): string | null {
  for (const folder of lookupFolders(name)) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
      const version = (manifest as { version?: unknown } | null)?.version;
      if (typeof version === 'string') return version;
    } catch {
      // Not there, or half there: the next folder may have it.
    }
  }
  return null;
}

function lookupFolders(name: string): string[] {
  const places = [import.meta.url, join(process.cwd(), 'package.json')];
  return places.flatMap((place) => createRequire(place).resolve.paths(name) ?? []);
}
