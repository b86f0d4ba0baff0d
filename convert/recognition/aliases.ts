/** Module paths of the checkpoint's own library for those of the network: `layers.3` of another spelling of `blocks.3`. */
import type { Recognised } from './assemble.js';
import { commonPath, moduleOf } from './shapes.js';

/**
 * The module that holds exactly the tensors of the one that is asked for, under the names that they have in the network; null
 * if there is none. Of modules that hold the same tensors, one inside the other, the innermost, which are layers, are taken for
 * each other, and the outermost: an outer one may add to what the inner one gives.
 *
 * @param asked a module path of the checkpoint, without what stands before all its names
 */
export function aliasOf(
  asked: string,
  { tensors, prefix, spelling }: Pick<Recognised, 'tensors' | 'prefix' | 'spelling'>,
): string | null {
  const within = (module: string) =>
    [...tensors].filter(([, { names }]) =>
      names.every((name) => isIn(name, module) || isIn(name.slice(prefix.length), module)),
    );
  const own = within(asked);
  const [first, ...others] = own.map(([usual]) => moduleOf(usual));
  if (first === undefined || spelling.differing?.test(asked) === true) return null;
  const common = others.reduce((path, module) => commonPath(path, module), first);
  const isLayer = own.every(([, { names }]) =>
    names.every((name) => [name, name.slice(prefix.length)].some((own) => moduleOf(own) === asked)),
  );
  if (isLayer && spelling.normsActivate === true && tensors.has(`${first}.running_var`)) return null;
  const outer = moduleOf(asked);
  if (!isLayer && outer !== '' && within(outer).length === own.length) return null;
  const path = isLayer ? common : outermost(common, [...tensors.keys()]);
  const inside = [...tensors.keys()].filter((usual) => isIn(usual, path));
  return path !== '' && inside.length === own.length ? path : null;
}

/** The outermost module around `path` that holds no other tensors. */
function outermost(path: string, tensors: readonly string[]): string {
  const count = (module: string) => tensors.filter((name) => isIn(name, module)).length;
  const outer = moduleOf(path);
  return outer !== '' && count(outer) === count(path) ? outermost(outer, tensors) : path;
}

function isIn(tensor: string, module: string): boolean {
  return tensor.startsWith(`${module}.`);
}
