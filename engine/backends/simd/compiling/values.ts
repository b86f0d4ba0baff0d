/** The buffers of a plan's values: some of one image at a time, some shared by concatenations, each known by its node. */
import { roundUp } from '../../../../base/wasm/index.js';
import type { ImageShape } from '../../../../graph/index.js';
import { LANES } from '../abi.js';
import type { InputImage } from '../kernels/ends/plan.js';
import { type ArenaBuffer, makeValue, type Value } from '../planning/draft.js';
import type { Compilation, Step, StepOf } from '../planning/step.js';
import type { Lowered } from './lower.js';

/** Which steps are computed for one image at a time, so that a cache holds what is read next. No bit changes. */
export interface Cut {
  /** The number of steps, from the first on, that are computed image by image. */
  steps: number;
  /** The values in buffers of the whole batch: those that later steps read, outputs, and residuals of these. */
  whole: ReadonlySet<string>;
}

/** The gain and the cost of computing an image alone. */
export interface PartRule {
  /** Values of one image up to this size gain nothing: those of a whole batch stay in the outer caches. */
  cachedBytes: number;
  /** Bytes of values that cost as much as one byte of filters. Filters are read again for each image. */
  filterCost: number;
}

/**
 * Measured on networks at 32×32 to 224×224, with 8 to 64 images: fewer bytes are as good; more gain less if images are
 * small. A filter that is transformed for F(4×4) has four times its numbers.
 */
export const USUAL_PARTS: PartRule = { cachedBytes: 128 << 10, filterCost: 4 };

/** The cut with which the fewest bytes come from outer memory, whatever the number of images; null: none. */
export function chooseCut(lowered: Lowered, wanted: ReadonlySet<string>, rule: PartRule): Cut | null {
  const { steps } = lowered;
  const kept = new Set([...wanted].map((node) => lowered.sourceOf(node)));
  if (lowered.logits !== null) kept.add(lowered.logits);
  const bytes = new Map(steps.map(({ node }) => [node, largeBytes(lowered.mapOf(node), rule)]));
  const bytesOf = (value: string): number => bytes.get(value) ?? 0;
  const last = steps.findLastIndex((step) => valuesOf(step).some((value) => bytesOf(value) > 0));
  let best: { cut: Cut; gain: number } | null = null;
  for (let count = 1; count <= last + 1; count++) {
    const whole = wholeValues(steps, count, kept);
    if (whole === null) continue;
    const gainOf = (step: Step): number => {
      const alone = valuesOf(step).filter((value) => !whole.has(value));
      return alone.reduce((sum, value) => sum + bytesOf(value), 0) - rule.filterCost * filterBytes(step);
    };
    const gain = steps.slice(0, count).reduce((sum, step) => sum + gainOf(step), 0);
    if (gain > (best?.gain ?? 0)) best = { cut: { steps: count, whole }, gain };
  }
  return best?.cut ?? null;
}

function valuesOf(step: Step): string[] {
  return [step.node, ...readBy(step)];
}

function readBy({ inputs, residual }: Step): string[] {
  return residual === null ? [...inputs] : [...inputs, residual];
}

/** Bytes of one image's value; 0 for a value that gains nothing. */
function largeBytes([channels, height, width]: readonly [number, number, number], { cachedBytes }: PartRule): number {
  const bytes = roundUp(channels, LANES) * height * width * 4;
  return bytes > cachedBytes ? bytes : 0;
}

function filterBytes(step: Step): number {
  if (step.kind !== 'convolution') return 0;
  const { kernel, inChannels, outChannels, groups } = step.filter;
  return ((kernel[0] * kernel[1] * inChannels) / groups) * outChannels * 4;
}

/** Null where a step on whole buffers would work between other images' values, or a residual is the image. */
function wholeValues(steps: readonly Step[], count: number, kept: ReadonlySet<string>): Set<string> | null {
  const before = steps.slice(0, count);
  const made = new Set(before.map(({ node }) => node));
  const later = [...kept, ...steps.slice(count).flatMap(readBy)];
  const whole = new Set(later.filter((value) => made.has(value)));
  // A residual must lie like the output, row by row.
  for (let size = -1; size < whole.size; ) {
    size = whole.size;
    for (const { node, residual } of before) {
      if (residual !== null && (whole.has(node) || whole.has(residual))) whole.add(node).add(residual);
    }
  }
  const joins = before.filter(({ kind }) => kind === 'add' || kind === 'concat' || kind === 'pointwise');
  const isPossible =
    [...whole].every((value) => made.has(value)) &&
    joins.every((step) => !valuesOf(step).some((value) => whole.has(value)));
  return isPossible ? whole : null;
}

/**
 * Concatenations that begin with all that an earlier one has joined, as in DenseNet's blocks. They lie in one buffer,
 * as wide as the widest of them, so each copies only what is new.
 */
interface NestedJoins {
  steps: readonly Step[];
  /** The widest concatenation, by each one that lies in its buffer. */
  widest: ReadonlyMap<string, string>;
}

/**
 * @param cut the number of steps that have buffers of their own for each image
 * @param kept sources of wanted values
 */
export function nestJoins({ steps, mapOf }: Lowered, cut: number, kept: ReadonlySet<string>): NestedJoins {
  const readers = readersOf(steps);
  const fits = ({ node }: Step): boolean => {
    const [channels] = mapOf(node);
    // Batch norms go through rows that are wider than their channels, but a residual lies like the output.
    const isRead = (readers.get(node) ?? []).every(({ kind, residual }) => kind === 'scale' && residual !== node);
    return channels % LANES === 0 && !kept.has(node) && isRead;
  };
  const joins = steps.filter((step) => step.kind === 'concat').filter(fits);
  const sideOf = new Map(steps.map(({ node }, i) => [node, i < cut]));
  /** The wider concatenation that begins with this one, and the other way round. */
  const wider = new Map<string, string>();
  const narrower = new Map<string, StepOf<'concat'>>();
  for (const join of joins) {
    const inside = joins.findLast((other) => {
      return !wider.has(other.node) && sideOf.get(other.node) === sideOf.get(join.node) && begins(join, other);
    });
    if (inside === undefined) continue;
    wider.set(inside.node, join.node);
    narrower.set(join.node, inside);
  }
  const widestOf = (node: string): string => (wider.has(node) ? widestOf(wider.get(node)!) : node);
  const nested = joins.filter(({ node }) => wider.has(node) || narrower.has(node));
  return {
    steps: steps.map((step) => {
      const inside = step.kind === 'concat' ? narrower.get(step.node) : undefined;
      return inside === undefined ? step : { ...step, inPlace: inside.inputs.length };
    }),
    widest: new Map(nested.map(({ node }) => [node, widestOf(node)])),
  };
}

/** Whether all inputs of another step are the first inputs of a step, which has more. */
function begins({ inputs }: Step, other: Step): boolean {
  return other.inputs.length < inputs.length && other.inputs.every((input, i) => input === inputs[i]);
}

function readersOf(steps: readonly Step[]): Map<string, Step[]> {
  const readers = new Map<string, Step[]>();
  for (const step of steps) {
    for (const value of readBy(step)) readers.set(value, [...(readers.get(value) ?? []), step]);
  }
  return readers;
}

/** The activations of a plan, by the nodes that made them: for a whole batch, or for its first image alone. */
export class Values {
  readonly image: InputImage;
  readonly #lowered: Lowered;
  readonly #compilation: Compilation;
  readonly #widest: NestedJoins['widest'];
  readonly #values = new Map<string, Value>();

  constructor(lowered: Lowered, widest: NestedJoins['widest'], image: InputImage, compilation: Compilation) {
    this.#lowered = lowered;
    this.#widest = widest;
    this.image = image;
    this.#compilation = compilation;
  }

  of(node: string): Value {
    if (this.isImage(node)) return this.image.channels(this.#compilation);
    const value = this.#values.get(node);
    if (value === undefined) throw new Error(`No step makes ${node} before it is read.`);
    return value;
  }

  isImage(node: string): boolean {
    return node === this.#lowered.input;
  }

  shapeOf(node: string): ImageShape {
    return this.#lowered.shapeOf(node);
  }

  make(node: string): Value {
    const value = this.#values.get(node) ?? this.#fresh(node);
    this.#values.set(node, value);
    return value;
  }

  #fresh(node: string): Value {
    const map = this.#lowered.mapOf(node);
    const widest = this.#widest.get(node) ?? node;
    return widest === node ? makeValue(map, this.#compilation.images) : { ...this.make(widest), map };
  }

  /** The values of the first image, in buffers of their own except `whole` ones: these have bytes from image to image. */
  ofFirstImage(whole: ReadonlySet<string>): { own: Values; bytesPerImage: Map<ArenaBuffer, number> } {
    const own = new Values(this.#lowered, this.#widest, this.image.first(), { ...this.#compilation, images: 1 });
    const bytesPerImage = new Map([[this.image.pixels, this.image.bytesPerImage]]);
    for (const node of whole) {
      const value = this.make(node);
      own.#values.set(node, value);
      bytesPerImage.set(value.buffer, value.channelStride * 4);
    }
    return { own, bytesPerImage };
  }
}
