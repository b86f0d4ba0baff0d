/**
 * Finds and loads packages that a user may install beside this one. They are loaded only when they are needed.
 *
 * They are looked for in this order:
 * 1. where Node looks from this package: `node_modules` beside it, in a project or among global packages, and in the
 *    folder that `npx -p image-drift -p onnxruntime-node` makes;
 * 2. where Node looks from the current directory: the project in which a globally installed command runs.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface OptionalPackage {
  name: string;
  version: string;
  /** Folder of the package. */
  root: string;
  /** Its main file. */
  main: string;
}

/** Null if it is not installed. A package that is found may still be broken. */
export function findOptionalPackage(name: string): OptionalPackage | null {
  for (const from of lookupPlaces()) {
    const main = resolveFrom(from, name);
    if (main === null) continue;
    const manifest = manifestOf(name, main);
    if (manifest !== null) return { name, main, ...manifest };
  }
  return null;
}

/**
 * The package's exports. The package must be CommonJS, as all packages with native code are today. `import` would first
 * scan its files for names, which takes longer than running them.
 *
 * @throws whatever the package throws, such as for an addon that was built for another system
 */
export function loadOptionalPackage<T>({ main }: OptionalPackage): T {
  return createRequire(import.meta.url)(main) as T;
}

function lookupPlaces(): string[] {
  return [import.meta.url, ...currentDirectory()];
}

/** Empty if the directory has been deleted. */
function currentDirectory(): string[] {
  try {
    // `createRequire` needs the name of a file in the folder. The file need not exist.
    return [join(process.cwd(), 'package.json')];
  } catch {
    return [];
  }
}

function resolveFrom(from: string, name: string): string | null {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return null;
  }
}

/** Reads the first `package.json` above the main file that has the package's name. */
function manifestOf(name: string, main: string): { root: string; version: string } | null {
  for (let root = dirname(main); root !== dirname(root); root = dirname(root)) {
    const manifest = readManifest(join(root, 'package.json'));
    if (manifest?.name === name) return { root, version: String(manifest.version) };
  }
  return null;
}

function readManifest(path: string): { name?: unknown; version?: unknown } | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
