/** Module paths of the checkpoint's own library for those of the network: `layers.3` of another spelling of `blocks.3`. */
import type { Recognised } from './recognise.js';
import { commonPath, moduleOf } from './shapes.js';

/**
 * The module that holds exactly the tensors of the one that is asked for, under the names that they have in the network; null
 * if there is none.
 *
 * @param asked a module path of the checkpoint, without what stands before all its names
 */
export function aliasOf(asked: string, { tensors, prefix }: Pick<Recognised, 'tensors' | 'prefix'>): string | null {
  const own = [...tensors].filter(([, { names }]) => {
    return names.every((name) => isIn(name, asked) || isIn(name.slice(prefix.length), asked));
  });
  const [first, ...others] = own.map(([usual]) => moduleOf(usual));
  if (first === undefined) return null;
  const path = others.reduce((common, module) => commonPath(common, module), first);
  const inside = [...tensors.keys()].filter((usual) => isIn(usual, path));
  return path !== '' && inside.length === own.length ? path : null;
}

function isIn(tensor: string, module: string): boolean {
  return tensor.startsWith(`${module}.`);
}
