/** One layer of Keras while it is translated: its inputs, its configuration, and its weights. */
import { NotSupported } from '../../onnx/importing/value.js';
import type { GraphWriter } from '../../onnx/written-graph.js';
import { activated } from '../writing/combining.js';
import { Call, type TfValue } from '../writing/writer.js';
import type { AppliedLayer, LayerConfig } from './topology.js';

export class LayerCall extends Call {
  readonly inputs: readonly TfValue[];
  readonly #config: LayerConfig;
  readonly #weight: (part: string) => TfValue | null;

  /** @param weight by its name in the layer; null if the file has none */
  constructor(
    { config, output, className }: AppliedLayer,
    inputs: readonly TfValue[],
    writer: GraphWriter,
    weight: (part: string) => TfValue | null,
  ) {
    super(writer, output, className);
    this.inputs = inputs;
    this.#config = config;
    this.#weight = weight;
  }

  /** The only input. */
  get x(): TfValue {
    const [x] = this.inputs;
    if (x === undefined || this.inputs.length > 1) throw new NotSupported(`it has ${this.inputs.length} inputs`);
    return x;
  }

  weight(part: string): TfValue {
    const found = this.#weight(part);
    if (found === null) throw new NotSupported(`the file has no weight ${part} for it`);
    return found;
  }

  /** Null where the configuration says that there is none. */
  weightIf(isUsed: boolean, part: string): TfValue | null {
    return isUsed ? this.weight(part) : null;
  }

  /** Undefined if it is left out. */
  get(key: string): unknown {
    return Object.hasOwn(this.#config, key) ? (this.#config[key] ?? undefined) : undefined;
  }

  number(key: string, otherwise: number): number {
    const found = this.get(key) ?? otherwise;
    if (typeof found === 'number' && Number.isFinite(found)) return found;
    throw new NotSupported(`its ${key} is not a number`);
  }

  boolean(key: string, otherwise: boolean): boolean {
    const found = this.get(key);
    return typeof found === 'boolean' ? found : otherwise;
  }

  /** Keras 3 writes some words as objects, with the word as the class. */
  string(key: string, otherwise: string): string {
    const found = this.get(key) ?? otherwise;
    if (typeof found === 'string') return found;
    const { class_name: name, config } = found as { class_name?: unknown; config?: unknown };
    const word = name === 'function' ? config : name;
    if (typeof word === 'string') return word;
    throw new NotSupported(`its ${key} is not a name`);
  }

  /** One number stands for both. */
  pair(key: string, otherwise: number): [number, number] {
    const found = this.get(key) ?? otherwise;
    const values = Array.isArray(found) ? found : [found, found];
    const [height, width] = values as unknown[];
    const isPair = values.length === 2 && isCount(height) && isCount(width);
    if (!isPair) throw new NotSupported(`its ${key} is not a pair of whole numbers`);
    return [height as number, width as number];
  }

  /** `[[top, bottom], [left, right]]`, in any of the short forms. */
  around(key: string): [[number, number], [number, number]] {
    const found = this.get(key) ?? 1;
    const sides = Array.isArray(found) ? found : [found, found];
    const both = sides.map((side: unknown) => (Array.isArray(side) ? side : [side, side]));
    const isWhole = both.length === 2 && both.every((side) => side.length === 2 && side.every(isCountOrZero));
    if (!isWhole) throw new NotSupported(`its ${key} is not a number for each side`);
    return both as [[number, number], [number, number]];
  }

  numbers(key: string): number[] | null {
    const found = this.get(key);
    const values = Array.isArray(found) ? (found as unknown[]).flat(8) : [found];
    return values.every((value) => typeof value === 'number') ? values : null;
  }

  expectChannelsLast(): void {
    const format = this.string('data_format', 'channels_last');
    if (format !== 'channels_last') throw new NotSupported(`its data_format is ${format.slice(0, 100)}`);
  }
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isCountOrZero(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** How a layer of Keras becomes operators of ONNX. @throws NotSupported */
export type Layer = (call: LayerCall) => TfValue;

/** By their classes. */
export type Layers = Readonly<Record<string, Layer>>;

/** What a layer does with its result. */
export function activation(call: LayerCall, x: TfValue): TfValue {
  return activated(call, call.string('activation', 'linear'), x);
}
