import { activated } from '../writing/activations.js';
import type { TfValue } from '../writing/value.js';
import type { LayerCall } from './layer-call.js';

/** How a layer of Keras becomes operators of ONNX. @throws NotSupported */
export type Layer = (call: LayerCall) => TfValue;

/** By their classes. */
export type Layers = Readonly<Record<string, Layer>>;

/** What a layer does with its result. */
export function activation(call: LayerCall, x: TfValue): TfValue {
  return activated(call, call.string('activation', 'linear'), x);
}
