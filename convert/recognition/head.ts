/** Reads a head, a chain of Linears and batch norms, from what the body leaves. Positions show activations. */
import type { OptionsOf } from '../../base/index.js';
import type { HeadLayer } from '../../weights/index.js';
import type { ActivationChoice, recogniseFields } from '../options/index.js';
import { moduleOf, type Shapes } from './shapes.js';

export interface HeadModule {
  path: string;
  kind: 'linear' | 'batch_norm';
  inputs: number;
  outputs: number;
  bias: boolean;
  /** Whether it is saved as a convolution. */
  convolution: boolean;
}

export interface FoundHead {
  /** What all its modules are in; for a single module, that module itself. */
  root: string;
  modules: readonly HeadModule[];
  /** The module that holds its last Linear: the head itself, or the last of several that follow each other. */
  end: string;
}

/** A Linear and a batch norm by their tensors, a 1×1 convolution as the Linear that it is; null for anything else. */
function headModule(path: string, parts: ReadonlyMap<string, readonly number[]>, features: number): HeadModule | null {
  const weight = parts.get('weight');
  if (weight === undefined) return null;
  const others = [...parts.keys()].filter((part) => part !== 'weight' && part !== 'bias');
  const bias = parts.has('bias');
  const [outputs = 0, ...inputs] = weight;
  const count = inputs.reduce((product, size) => product * size, 1);
  const isPixel = weight.length === 4 && (inputs[1] === 1 || count === features) && inputs[1] === inputs[2];
  if ((weight.length === 2 || isPixel) && others.length === 0) {
    return { path, kind: 'linear', inputs: count, outputs, bias, convolution: weight.length === 4 };
  }
  const isNorm = weight.length === 1 && bias && parts.has('running_mean') && parts.has('running_var');
  return isNorm && others.length === 2
    ? { path, kind: 'batch_norm', inputs: outputs, outputs, bias, convolution: false }
    : null;
}

/** The modules of these tensors in order; null if one of them is no Linear and no batch norm. */
export function headModules(names: readonly string[], shapes: Shapes, features: number): HeadModule[] | null {
  const parts = new Map<string, Map<string, readonly number[]>>();
  for (const name of names) {
    const path = moduleOf(name);
    const own = parts.get(path) ?? new Map<string, readonly number[]>();
    own.set(name.slice(path === '' ? 0 : path.length + 1), shapes.get(name)!);
    parts.set(path, own);
  }
  const modules = [...parts].map(([path, own]) => headModule(path, own, features));
  return modules.every((module) => module !== null) ? modules.toSorted(byPosition) : null;
}

/** Positions in one Sequential may stand in any order in a file. Other modules keep the order of the state dict. */
function byPosition(a: HeadModule, b: HeadModule): number {
  const [first, second] = [positionOf(a.path), positionOf(b.path)];
  if (first === null || second === null || moduleOf(a.path) !== moduleOf(b.path)) return 0;
  return first - second;
}

/** Whether each module takes what the one before it gives, the first `inputs` values, and one of them is a Linear. */
export function isChain(modules: readonly HeadModule[], inputs: number): boolean {
  let width = inputs;
  for (const { inputs: taken, outputs } of modules) {
    if (taken !== width) return false;
    width = outputs;
  }
  return modules.some(({ kind }) => kind === 'linear');
}

/** Heads that give features, or compare directions, by the last segment of their path. */
const EMBEDS = /embed|proj|neck|feat|latent|repr/i;
const COMPARES = /arc|cos|margin|metric|proto|center|sphere|am_?soft|^product$/i;

/** What a head may be instead of one that gives classes, in words; null: nothing says so. */
export function doubtOf({ end, modules }: FoundHead): string | null {
  const name = end.slice(end.lastIndexOf('.') + 1);
  if (EMBEDS.test(name)) return 'an embedding';
  const last = modules.at(-1)!;
  if (last.kind !== 'linear' || last.bias) return null;
  return COMPARES.test(name) ? 'a comparison of directions (cosine)' : null;
}

/** Whether a tensor is in the hidden layer of a head of timm. */
export function isHidden(name: string): boolean {
  return /(^|\.)pre_logits\./.test(name);
}

/** The activation after a head's hidden layer. timm's hidden layers have a name, and GELU in a ConvNeXt, else tanh. */
export function usualActivation({ modules }: FoundHead, family: string): ActivationChoice {
  if (!modules.some(({ path }) => isHidden(path))) return 'relu';
  return family === 'convnext' ? 'gelu' : 'tanh';
}

/** The last segment of a path as a position in a Sequential; null if it is a name. */
function positionOf(path: string): number | null {
  const last = path.slice(path.lastIndexOf('.') + 1);
  return /^\d{1,4}$/.test(last) ? Number(last) : null;
}

interface ReadHead {
  layers: HeadLayer[];
  /** What is assumed, one sentence each. */
  assumed: string[];
}

/**
 * Between two Linears the first free position of a Sequential is the activation, others are dropout. Modules with own
 * names have an activation before the next Linear, after a batch norm if there is one.
 * @param besideBody whether the head is in the body's Sequential: positions before its first module are then not its
 *   own
 */
export function readHead({ root, modules }: FoundHead, besideBody: boolean, activation: ActivationChoice): ReadHead {
  const inside = (path: string) => (path === root ? '' : path.slice(root === '' ? 0 : root.length + 1));
  const inSequential = modules.every(({ path }) => /^\d{1,4}$/.test(inside(path)));
  const reader = new HeadReader(activation, besideBody ? (positionOf(modules[0]!.path) ?? 0) : 0);
  for (const module of modules) {
    if (inSequential) reader.fill(Number(inside(module.path)));
    reader.take(module, inside(module.path), inSequential);
  }
  return { layers: reader.layers, assumed: reader.assumed };
}

class HeadReader {
  readonly layers: HeadLayer[] = [];
  readonly assumed: string[] = [];
  readonly #activation: ActivationChoice;
  /** The last Linear, as long as no activation has followed it. */
  #open: HeadModule | null = null;
  #position: number;

  constructor(activation: ActivationChoice, position: number) {
    this.#activation = activation;
    this.#position = position;
  }

  /** The positions before `position` that have no tensors. */
  fill(position: number): void {
    for (; this.#position < position; this.#position++) {
      const name = String(this.#position);
      if (this.#open !== null && this.#activation !== 'none') this.#activate(name);
      else this.layers.push({ name, layer: 'dropout' });
    }
    this.#position = position + 1;
  }

  take(module: HeadModule, name: string, inSequential: boolean): void {
    const { kind, outputs, bias } = module;
    if (kind === 'batch_norm') {
      this.layers.push({ name, layer: 'batch_norm' });
      return;
    }
    if (this.#open !== null) {
      if (inSequential) this.assumed.push(`nothing stands between ${this.#open.path} and ${module.path}`);
      else if (this.#activation !== 'none') this.#activate(null);
    }
    this.layers.push({ name, layer: 'linear', outputs, ...(bias ? {} : { bias }) });
    this.#open = module;
  }

  #activate(name: string | null): void {
    if (this.#activation === 'none') return;
    this.layers.push({ name, layer: this.#activation });
    this.assumed.push(
      `the activation after ${this.#open?.path ?? 'the Linear'} is ${this.#activation} (--head-activation)`,
    );
    this.#open = null;
  }
}

/**
 * What a person says about a checkpoint.
 *
 * @example
 * ```ts
 * import type { RecogniseOptions } from 'image-drift/convert';
 *
 * // One of two copies of a network, with GELU in its head.
 * const options: RecogniseOptions = { label: 'model.pth', prefix: 'ema', headActivation: 'gelu' };
 * ```
 */
export interface RecogniseOptions extends OptionsOf<typeof recogniseFields> {
  /** Whether two tensors hold the same values: copies of one network are then one. Default: never. */
  same?: ((a: string, b: string) => boolean) | undefined;
  label: string;
}
