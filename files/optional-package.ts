/**
 * A package that programs may install beside this one, or in the folder that `IMAGE_DRIFT_PACKAGES` names. It is never
 * taken from the working directory: a folder of images that somebody else made must not bring code of its own.
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const VARIABLE = 'IMAGE_DRIFT_PACKAGES';

/** Null where it is not installed. @throws whatever the package throws when it is loaded */
export function requireOptional<T>(name: string): T | null {
  const named = process.env[VARIABLE];
  for (const from of [import.meta.url, ...(named ? [join(resolve(named), 'package.json')] : [])]) {
    const require = createRequire(from);
    try {
      require.resolve(name);
    } catch {
      continue;
    }
    return require(name) as T;
  }
  return null;
}
