/** Files of the tree by their paths from its root, and versions of the tools that build it. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';

/** All files below a folder, sorted; none if it does not exist. Names that begin with a dot are left out. */
export function filesIn(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? filesIn(root, path) : [path];
    })
    .sort();
}

/** @param path absolute, or from the working folder */
export function fromRoot(root, path) {
  return relative(root, path).split(sep).join('/');
}

/** The installed version, such as `esbuild 0.28.2`. */
export function toolVersion(root, name) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  return `${name} ${version}`;
}
