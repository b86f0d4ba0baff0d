/** Removes compiled files whose sources are gone, so that neither packages nor specs have them. */
import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The files that the compiler writes. */
const COMPILED = /\.(js|js\.map|d\.ts)$/;

/** @param projects output folder → folder of the sources, from the root */
export function removeDead(root, projects) {
  for (const [outputs, sources] of Object.entries(projects)) {
    const dist = join(root, outputs);
    for (const path of readdirSync(dist, { recursive: true })) {
      const source = join(root, sources, path.replace(COMPILED, '.ts'));
      if (!COMPILED.test(path) || isBundle(path) || existsSync(source)) continue;
      rmSync(join(dist, path));
      removeEmpty(dirname(join(dist, path)));
    }
  }
}

/** Bundles have names of their own: a folder's, or `chunk-…`. */
function isBundle(path) {
  return /(^|[\\/])(bundled[\\/]|page[\\/](packed|site)[\\/]|client\.js$)/.test(path);
}

function removeEmpty(folder) {
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}
