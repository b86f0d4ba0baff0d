/** Counts what the depth of images does to them. It is said once a run, as it is in no picture and in few numbers. */
import { printable } from '../../base/index.js';
import { type DepthRange, RANGE_HINT, type ReadyImage } from '../../data/index.js';

interface Noted {
  images: number;
  /** The one of the least name; null for none. */
  such: string | null;
}

export interface DepthFacts {
  /** Images of 16 bits where the weights have no range: gray ones, and all others. */
  clipped: Noted;
  upper: Noted;
  /** With a range: images that lose more than a few pixels. */
  cutOff: Noted;
}

/** A lamp, a screw or the ground behind an object may be outside of any range. */
const MOST_CUT_OFF = 0.01;

export class DepthTally {
  readonly facts: DepthFacts = { clipped: none(), upper: none(), cutOff: none() };

  add(name: string, { kept, cutOff }: Pick<ReadyImage, 'kept' | 'cutOff'>): void {
    if (kept === 'up to 255') note(this.facts.clipped, { images: 1, such: name });
    if (kept === 'upper 8 bits') note(this.facts.upper, { images: 1, such: name });
    if (cutOff !== null && cutOff > MOST_CUT_OFF) note(this.facts.cutOff, { images: 1, such: name });
  }

  merge({ clipped, upper, cutOff }: DepthFacts): void {
    note(this.facts.clipped, clipped);
    note(this.facts.upper, upper);
    note(this.facts.cutOff, cutOff);
  }

  /** @param range that of the weights */
  notices(range: DepthRange | undefined): string[] {
    const { clipped, upper, cutOff } = this.facts;
    const [low, high] = (range ?? []).map((value) => value.toLocaleString('en'));
    return [
      ...said(
        clipped,
        `gray values of 16 bits: as with Pillow's convert('RGB'), those over 255 become white. ${RANGE_HINT}`,
      ),
      ...said(upper, `samples of 16 bits: as with Pillow, the upper 8 count. ${RANGE_HINT}`),
      ...said(
        cutOff,
        `more than 1 % of the pixels cut off at black or white by the range of the weights, ${low} to ${high}.`,
      ),
    ];
  }
}

function none(): Noted {
  return { images: 0, such: null };
}

function note(noted: Noted, { images, such }: Noted): void {
  noted.images += images;
  if (such !== null && (noted.such === null || such < noted.such)) noted.such = such;
}

function said({ images, such }: Noted, what: string): string[] {
  if (such === null) return [];
  const counted = images === 1 ? '1 image has' : `${images.toLocaleString('en')} images have`;
  return [`${printable(such)}: ${counted} ${what}`];
}
