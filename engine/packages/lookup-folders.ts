/**
 * Where packages that a user may install beside this one are looked for, in this order:
 * 1. where Node looks from this package: `node_modules` beside it and above it, in a project as well as among global
 *    packages, and in the folder that `npx -p image-drift -p onnxruntime-node` makes;
 * 2. `node_modules` of the folder that `IMAGE_DRIFT_PACKAGES` names.
 *
 * Never from the working directory: a package runs as soon as it is loaded, and a folder of images that somebody else
 * made must not bring code of its own.
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const VARIABLE = 'IMAGE_DRIFT_PACKAGES';

/** Folders that may hold a folder `name`. */
export function lookupFolders(name: string): string[] {
  return [...(createRequire(import.meta.url).resolve.paths(name) ?? []), ...named()];
}

function named(): string[] {
  const folder = process.env[VARIABLE];
  return folder ? [join(resolve(folder), 'node_modules')] : [];
}
