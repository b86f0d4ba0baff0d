/**
 * The module that a node belongs to, as torch/_export/serde/serialize.py writes it down: `key,path,type` for each module from
 * the outside in, separated by semicolons. A module that runs again has `@1` behind its path; it is the same module.
 *
 * @param stack the node's metadata
 * @returns null where the program does not say; the empty path for the network itself
 */
export function modulePath(stack: unknown): string | null {
  if (typeof stack !== 'string') return null;
  const path = stack.slice(stack.lastIndexOf(';') + 1).split(',')[1];
  return path === undefined ? null : path.replaceAll(/@\d+/g, '');
}
