/** Every backbone known here, by torchvision's name. A new family is a file beside this and a line here. */
import { nearest } from '../../errors/index.js';
import type { Graph } from '../graph.js';
import { GraphError } from '../graph-error.js';
import type { Backbone, Head } from './backbone.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import { resnets } from './resnet.js';
import { vggs } from './vgg.js';

const backbones = new Map([...resnets, ...vggs, mobilenetV2].map((backbone) => [backbone.name, backbone]));

/** More classes or hidden units than any classifier has. The weights format has the same limit. */
const MAX_WIDTH = 1_000_000;
/** A deeper head would be a network of its own. The weights format has the same limit. */
const MAX_HIDDEN_LAYERS = 8;

/** Names for `backbone`, family by family, each from small to large. */
export function backboneNames(): string[] {
  return [...backbones.keys()];
}

/** @throws GraphError `UNKNOWN_BACKBONE`, with the nearest name as a hint. */
export function backbone(name: string): Backbone {
  const found = backbones.get(name);
  if (found !== undefined) return found;
  const near = nearest(name, backbones.keys());
  throw new GraphError('UNKNOWN_BACKBONE', `"${name}" is not a backbone known here`, {
    hint: near === null ? `Known are ${backboneNames().join(', ')}.` : `Did you mean ${near}?`,
  });
}

export interface NetworkSpec {
  /** torchvision's name, as in `backboneNames()`. */
  backbone: string;
  head: Head;
  /** How many, not their names. */
  classes: number;
}

/**
 * The layer graph of a backbone with its head: `[N, 3, H, W]` → logits `[N, classes]`.
 *
 * @throws GraphError `UNKNOWN_BACKBONE`; `BAD_HEAD` for sizes that are not positive whole numbers, or absurdly large
 */
export function buildGraph({ backbone: name, head, classes }: NetworkSpec): Graph {
  const found = backbone(name);
  if (head.length > MAX_HIDDEN_LAYERS) {
    throw new GraphError(
      'BAD_HEAD',
      `a head of ${head.length} hidden layers, at most ${MAX_HIDDEN_LAYERS} are allowed`,
    );
  }
  for (const size of [...head, classes]) {
    if (!Number.isInteger(size) || size < 1 || size > MAX_WIDTH) {
      const sizes = [...head, classes].join(', ');
      throw new GraphError('BAD_HEAD', `head sizes ${sizes}: ${size} is not a whole number from 1 to ${MAX_WIDTH}`);
    }
  }
  return found.graph(head, classes);
}
