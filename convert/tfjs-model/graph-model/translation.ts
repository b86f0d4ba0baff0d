import type { TfValue } from '../writing/value.js';
import type { NodeCall } from './node-call.js';

/** How an operation of TensorFlow becomes operators of ONNX: the value that it gives, or all of them. @throws NotSupported */
export type Translation = (call: NodeCall) => TfValue | TfValue[];

export type Translations = Readonly<Record<string, Translation>>;
