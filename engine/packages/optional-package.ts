/**
 * Packages that a user may install beside this one: found, and loaded only when asked for.
 *
 * Where they are looked for, in this order:
 * 1. where Node looks from this package: `node_modules` beside it, in a project as well as among global packages, and
 *    in the folder that `npx -p image-drift -p onnxruntime-node` makes;
 * 2. where Node looks from the current directory: the project in which a globally installed command is run.
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

/** Null where it is not installed, which says nothing about whether it would work. */
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
 * The package's exports. It must be CommonJS, as all those are that hold native code today: `import` would scan its
 * files for names first, which takes longer than running them.
 *
 * @throws whatever the package throws, such as for an addon that was built for another system
 */
export function loadOptionalPackage<T>({ main }: OptionalPackage): T {
  return createRequire(import.meta.url)(main) as T;
}

function lookupPlaces(): string[] {
  return [import.meta.url, ...currentDirectory()];
}

/** None when it has been deleted. */
function currentDirectory(): string[] {
  try {
    // The name of a file in it, which need not exist, is what `createRequire` wants.
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

/** From the first `package.json` above the main file that has the package's name. */
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
