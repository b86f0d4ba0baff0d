/** Activations that limit a value: a part of the step that computes it, or a step of their own. */
import type { Activation, ComputedNode } from '../../../../graph/index.js';
import { type Clamp, NO_CLAMP } from '../abi/layout.js';
import type { View } from '../planning/view.js';
import type { Building } from './building.js';

const ACTIVATIONS: Readonly<Record<Activation, Clamp>> = { relu: [0, Number.POSITIVE_INFINITY], relu6: [0, 6] };

/** The activation that a node is or applies to its output. */
export function activationOf(node: ComputedNode): Activation | null {
  switch (node.op) {
    case 'relu':
    case 'relu6':
      return node.op;
    case 'conv2d':
    case 'linear':
    case 'add':
      return node.attrs.activation ?? null;
    default:
      return null;
  }
}

export function clampOf(node: ComputedNode): Clamp {
  const activation = activationOf(node);
  return activation === null ? NO_CLAMP : ACTIVATIONS[activation];
}

/** The activation of a node as a step on the whole of a view, which becomes the node. */
export function clampedView(node: ComputedNode, view: View, building: Building): View {
  const activation = activationOf(node);
  if (activation === null) return view;
  const room = { view, map: building.map(view.source) };
  const inputs = [view.source];
  const step = { kind: 'add', node: node.name, operation: activation, inputs, residual: null } as const;
  return building.put({ ...step, clamp: clampOf(node) }, room);
}
