import { type FileModel, type FileNode, graphMessage, valueMessage } from './onnx-file.js';
import { readFixture } from './places.js';
import { uniform } from './pseudo-random.js';

export const SIDE = 8;
/** TensorProto.DataType. */
const [FLOAT, INT64, BOOL] = [1, 7, 9] as const;
const CHANNELS = 3;
const FEATURES = 6;
const CLASSES = 4;
const PIXELS = SIDE * SIDE;

const values = (name: string, count: number) => [...uniform(name, count, -0.5, 0.5)];
const W1 = values('as-is/w1', FEATURES * CHANNELS);
const W2 = values('as-is/w2', CLASSES * FEATURES);
const B2 = values('as-is/b2', CLASSES);
const SCALE = 0.0625;
const ZERO = 128;

const TENSORS: FileModel['tensors'] = {
  w1: { dims: [FEATURES, CHANNELS, 1, 1], data: W1 },
  w2: { dims: [CLASSES, FEATURES], data: W2 },
  b2: { dims: [CLASSES], data: B2 },
  scale: { dims: [], data: [SCALE] },
  zero: { dims: [], data: [ZERO], type: 'uint8' },
};

const models = readFixture('onnx', 'files-as-they-are.json') as Record<
  'QUANTISED' | 'FEATURES_ONLY' | 'OF_BYTES' | 'DECIDING' | 'CONTRIBUTED' | 'ENDLESS',
  FileModel
>;
const withTensors = (model: FileModel, more: FileModel['tensors'] = {}): FileModel => {
  return { ...model, tensors: { ...TENSORS, ...more } };
};

/** As quantisers write networks: what goes into a convolution is rounded to 256 levels. */
export const QUANTISED = withTensors(models.QUANTISED);
/** Without classes, and of operators that have not changed since the first opset. */
export const FEATURES_ONLY = withTensors(models.FEATURES_ONLY);
/** As `QUANTISED`, for bytes: each pixel is a level. */
export const OF_BYTES = withTensors(models.OF_BYTES);
/** An image whose features sum to more than 0 gets them doubled, another one negated. */
export const DECIDING = withTensors(models.DECIDING, { nothing: { dims: [], data: [0] } });
/** An operator of onnxruntime's own, for three images at once, with the channels last. */
export const CONTRIBUTED = withTensors(models.CONTRIBUTED);

/** A loop without end. @param grows whether each round keeps a megabyte */
export function endless(grows: boolean): FileModel {
  const outputs = ['features', ...(grows ? ['all'] : [])];
  const nodes = models.ENDLESS.nodes.map((node): FileNode => {
    return node.op === 'Loop' ? { ...node, outputs, attributes: { body: roundOf(grows) } } : node;
  });
  const megabyte = { dims: [2 ** 18], data: values('as-is/megabyte', 2 ** 18) };
  return withTensors({ nodes }, { one: { dims: [], data: [1] }, megabyte });
}

function roundOf(grows: boolean) {
  const nodes: FileNode[] = [
    { op: 'Identity', inputs: ['still on'], outputs: ['stays on'] },
    { op: 'Neg', inputs: ['value'], outputs: ['next'] },
  ];
  if (grows) nodes.push({ op: 'Neg', inputs: ['megabyte'], outputs: ['kept'] });
  const graph = graphMessage({ nodes, input: [], outputs: [] })
    .message(11, valueMessage('round', [], INT64))
    .message(11, valueMessage('still on', [], BOOL))
    .message(11, valueMessage('value', null, FLOAT))
    .message(12, valueMessage('stays on', [], BOOL))
    .message(12, valueMessage('next', null, FLOAT));
  return grows ? graph.message(12, valueMessage('kept', null, FLOAT)) : graph;
}

/** A network whose weights lie beside it. @returns the model, its path as in `writeOnnxFile`, once `bytes` are written there */
export function besides(model: FileModel, location: string): { model: FileModel; bytes: Buffer } {
  const w2 = Float32Array.from(W2);
  const external = { location, offset: '0', length: String(w2.byteLength) };
  const tensors = { ...model.tensors, w2: { dims: [CLASSES, FEATURES], data: [], external } };
  return { model: { ...model, tensors }, bytes: Buffer.from(w2.buffer) };
}

/** What goes into the convolution, by what the network is given. */
export type Level = (value: number) => number;

/** QuantizeLinear and DequantizeLinear: halves are rounded to even. */
export const quantised: Level = (value) => (Math.min(255, Math.max(0, evenly(value / SCALE) + ZERO)) - ZERO) * SCALE;
export const ofByte: Level = (value) => (value - ZERO) * SCALE;

function evenly(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** The pooled features of one image, `[height, width, 3]`, of which the network sees `see(pixel)`. */
export function featuresOf(image: Uint8Array, see: Level): number[] {
  return Array.from({ length: FEATURES }, (_, f) => {
    let sum = 0;
    for (let i = 0; i < image.length; i++) sum += W1[f * CHANNELS + (i % CHANNELS)]! * see(image[i]!);
    return sum / PIXELS;
  });
}

export function scoresOf(features: readonly number[]): number[] {
  const logits = B2.map((bias, c) => features.reduce((sum, value, f) => sum + value * W2[c * FEATURES + f]!, bias));
  const all = logits.map((logit) => Math.exp(logit));
  const sum = all.reduce((a, b) => a + b, 0);
  return all.map((value) => value / sum);
}

/** Images, some dark and some bright. */
export function someImages(rows: number): Uint8Array {
  return Uint8Array.from({ length: rows * PIXELS * CHANNELS }, (_, i) => {
    const isDark = Math.floor(i / (PIXELS * CHANNELS)) % 2 === 0;
    return ((i * 7 + ((i * i) % 31)) % 60) + (isDark ? 0 : 190);
  });
}
