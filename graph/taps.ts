/** Taps: layers whose outputs a user asks for, named as PyTorch's `get_submodule` names them. */
import { nearest, shellWord } from '../base/index.js';
import type { Graph } from './graph.js';
import { GraphError } from './graph-error.js';

const MAX_LISTED = 12;

/**
 * The node whose output a forward hook on that module would keep.
 * @param modulePath as for `get_submodule`: `layer4`, `layer4.1.conv2`, `fc.0`; `''` for the logits
 * @throws GraphError `UNKNOWN_TAP`, with the nearest path and some valid ones
 */
export function resolveTap(graph: Graph, modulePath: string): string {
  const node = graph.modules.get(modulePath);
  if (node !== undefined) return node;
  throw new GraphError('UNKNOWN_TAP', `this network has no layer named "${modulePath}"`, {
    hint: `${meant(graph, modulePath)}image-drift inspect WEIGHTS --taps lists all.`,
  });
}

function meant(graph: Graph, modulePath: string): string {
  const [, layer, pool] = POOLED.exec(modulePath) ?? [];
  if (layer !== undefined && graph.modules.has(layer)) {
    return `A layer is pooled when weights are made: convert --tap ${shellWord(layer)} --pool ${pool}. `;
  }
  const near = nearest(modulePath, graph.modules.keys());
  const listed = validNames(graph).join(', ');
  const examples = listed === '' ? '' : `Layers are named as in PyTorch, for instance ${listed}. `;
  return `${near === null ? '' : `Did you mean ${near}? `}${examples}`;
}

/** What `convert` calls a pooled layer. */
const POOLED = /^(.+):(mean|max|cls)$/;

/** The outermost modules, and the parts of the last one, which is the head: most taps are there. */
function validNames(graph: Graph): string[] {
  const outermost = [...graph.modules.keys()].filter((path) => path !== '' && !path.includes('.'));
  const last = outermost.at(-1) ?? '';
  const parts = [...graph.modules.keys()].filter((path) => path.startsWith(`${last}.`));
  return [...outermost, ...parts].slice(0, MAX_LISTED);
}
