/** A step that runs a script of its own. */
import { spawnSync } from 'node:child_process';
import { filesIn } from './files.mjs';

/**
 * @param script path of a module that Node runs in the root
 * @param folders whose files it depends on
 * @param wrote its outputs
 */
export function command(root, name, { script, folders, wrote }) {
  return {
    name,
    key: JSON.stringify({ script, folders, wrote }),
    sources: () => [script, ...folders.flatMap((folder) => filesIn(root, folder))],
    async run() {
      const { status } = spawnSync(process.execPath, [script], { cwd: root, stdio: 'inherit' });
      if (status !== 0) throw new Error(`${name}: ${script} failed`);
      return { read: [], wrote };
    },
  };
}
