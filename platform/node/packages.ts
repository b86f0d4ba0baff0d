/**
 * Packages that a user may install beside this one, in this order: where Node looks from this package (`node_modules`
 * beside and above it, global packages, the folder of `npx -p image-drift -p onnxruntime-node`), then `node_modules` of
 * the folder that `IMAGE_DRIFT_PACKAGES` names. Never from the working directory: a package runs as soon as it is
 * loaded, and a folder of images from others must not bring code.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const VARIABLE = 'IMAGE_DRIFT_PACKAGES';

export interface OptionalPackage {
  name: string;
  version: string;
  root: string;
  main: string;
}

/** Its version, from its `package.json` alone, in less than a millisecond; null where it is not installed. */
export function installedVersion(name: string): string | null {
  for (const folder of lookupFolders(name)) {
    const manifest = readManifest(join(folder, name));
    if (typeof manifest?.version === 'string') return manifest.version;
  }
  return null;
}

/** Null where it is not installed. Whether it also works shows when it is loaded. */
export function findOptionalPackage(name: string): OptionalPackage | null {
  for (const folder of lookupFolders(name)) {
    const found = packageIn(join(folder, name), name);
    if (found !== null) return found;
  }
  return null;
}

/**
 * Loads CommonJS, which all packages with native code are today: `import` would scan the files for names first, which
 * takes longer than running them. @throws whatever the package throws, e.g. for an addon of another system
 */
export function loadOptionalPackage<T>({ main }: OptionalPackage): T {
  return createRequire(import.meta.url)(main) as T;
}

/** Finds and loads it; null where it is not installed. @throws as `loadOptionalPackage` */
export function requireOptional<T>(name: string): T | null {
  const found = findOptionalPackage(name);
  return found && loadOptionalPackage<T>(found);
}

function lookupFolders(name: string): string[] {
  const named = process.env[VARIABLE];
  return [
    ...(createRequire(import.meta.url).resolve.paths(name) ?? []),
    ...(named ? [join(resolve(named), 'node_modules')] : []),
  ];
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

/** The `package.json` of a package's folder; null where it is not there, or half there. */
function readManifest(root: string): { name?: unknown; version?: unknown } | null {
  try {
    return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  } catch {
    return null;
  }
}
