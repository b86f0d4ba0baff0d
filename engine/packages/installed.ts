/**
 * Which optional packages are installed beside this one. Only their `package.json` is read, which takes less than a
 * millisecond. The backend checks whether they work.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The version of a package that Node finds from here or from the current directory; null if Node does not find it. */
export function installedVersion(name: string): string | null {
  for (const folder of lookupFolders(name)) {
    try {
      const manifest: unknown = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
      const version = (manifest as { version?: unknown } | null)?.version;
      if (typeof version === 'string') return version;
    } catch {
      // It is missing or incomplete here; the next folder may have it.
    }
  }
  return null;
}

function lookupFolders(name: string): string[] {
  const places = [import.meta.url, join(process.cwd(), 'package.json')];
  return places.flatMap((place) => createRequire(place).resolve.paths(name) ?? []);
}
