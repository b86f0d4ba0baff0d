/** Which steps are computed for one image at a time, so that a cache holds what is read next. No bit changes. */
import { roundUp } from '../../../../base/wasm/index.js';
import { LANES } from '../abi/layout.js';
import type { Step } from '../planning/step.js';
import type { Lowered } from './lower.js';

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
