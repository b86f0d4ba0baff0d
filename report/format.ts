/** Formats numbers and times for people, in Node and the browser. Null and values that are not finite: "not known". */

import type { Verdict } from '../drift/index.js';
import { digitsOf, digitsOfChance, plural } from './numbers/index.js';
import type { ClusterExemplars } from './section-data.js';

export const NOT_KNOWN = 'not known';

type MaybeNumber = number | null | undefined;

function known(value: MaybeNumber): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

/** `12,345` */
export function formatCount(value: MaybeNumber): string {
  return known(value) ? Math.round(value).toLocaleString('en-US') : NOT_KNOWN;
}

/** A no-break space keeps a number and its unit on one line. */
const SPACE = '\u00a0';

/** `0.0812`, `1.2346`, `1,230` */
export function formatValue(value: MaybeNumber): string {
  return known(value) ? digitsOf(value) : NOT_KNOWN;
}

/** `94.2 %` */
export function formatPercent(value: MaybeNumber, decimals = 1): string {
  return known(value) ? `${(100 * value).toFixed(decimals)}${SPACE}%` : NOT_KNOWN;
}

/** Difference of two shares in percentage points: `+12.3 pts`, with a true minus sign. */
export function formatPoints(value: MaybeNumber): string {
  if (!known(value)) return NOT_KNOWN;
  const points = (100 * value).toFixed(1);
  return `${points.startsWith('-') ? `−${points.slice(1)}` : `+${points}`}${SPACE}pts`;
}

/** Two decimals, always with a sign: `−1.94`. */
export function formatEffect(value: MaybeNumber): string {
  if (!known(value)) return NOT_KNOWN;
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}

/** `p < 0.001`, `p = 0.032` */
export function formatP(value: MaybeNumber): string {
  if (!known(value)) return NOT_KNOWN;
  return value < 0.001 ? 'p < 0.001' : `p = ${digitsOfChance(value)}`;
}

/** `0.012–0.045` */
export function formatRange(low: MaybeNumber, high: MaybeNumber): string {
  return known(low) && known(high) ? `${formatValue(low)}–${formatValue(high)}` : NOT_KNOWN;
}

/** `14 Mar 2024, 09:30 UTC`; text that is not a time is returned unchanged. */
export function formatTime(iso: string | null): string {
  if (iso === null) return NOT_KNOWN;
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const day = time.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' });
  return `${day}, ${time.toISOString().slice(11, 16)} UTC`;
}

/** The days from one time to another, with hours within one day: `1 Mar 2024 to 7 Mar 2024`; null if not known. */
export function formatSpan(from: string | null, to: string | null): string | null {
  if (from === null || to === null) return null;
  const [start, end] = [formatTime(from), formatTime(to)];
  const [startDay, startHour] = start.split(', ');
  const [endDay, endHour] = end.split(', ');
  if (startDay !== endDay) return `${startDay} to ${endDay}`;
  const wholeDay = startHour === '00:00 UTC' && (endHour === '23:59 UTC' || endHour === '00:00 UTC');
  return wholeDay ? startDay! : `${startDay}, ${startHour?.replace(' UTC', '')} to ${endHour}`;
}

export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Keeps the numbers of a text together with their percent signs and arrows. */
export function keepTogether(text: string): string {
  return text.replace(/(\d) %/g, `$1${SPACE}%`).replace(/(\d) → (?=\d)/g, `$1${SPACE}→${SPACE}`);
}

/** Characters that turn the direction of text around them: a name could rewrite a sentence (Unicode TR 36). */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

/** Text from outside as it may be shown: what would turn the direction of other text is a replacement character. */
export function untwisted(text: string): string {
  return text.replace(TURNING, '\ufffd');
}

/** At most `length` characters, cut in the middle: names differ at either end. Only overlong words are cut. */
export function shorten(text: string, length: number): string {
  const count = [...text].length;
  if (count <= length) return text;
  const words = text.split(BEHIND_WORDS);
  const tail = fitting(words.toReversed(), Math.floor((length - 1) / 2))
    .reverse()
    .join('');
  const head = fitting(words, length - 1 - [...tail].length)
    .join('')
    .replace(/[\s,;:]+$/, '');
  return head + tail === '' ? `${[...text].slice(0, length - 1).join('')}…` : `${head}…${tail}`;
}

/** What ends a word stays with it. */
const BEHIND_WORDS = /(?<=[\s_/.,;:-])/u;

/** As many of the first words as there is room for. */
function fitting(words: readonly string[], room: number): string[] {
  let used = 0;
  const end = words.findIndex((word) => {
    used += [...word].length;
    return used > room;
  });
  return words.slice(0, end < 0 ? words.length : end);
}

export function exemplarCaption(source: 'baseline' | 'window'): string {
  return source === 'baseline' ? 'Images of the baseline.' : 'Images of this window.';
}

/** `Of its 320 images in this window, 300 are nearly black, 2 have one colour.`; null where none is known to be plain. */
export function plainCaption({ images, black, colour }: NonNullable<ClusterExemplars['plain']>): string | null {
  const words = [
    black > 0 ? `${formatCount(black)} ${black === 1 ? 'is' : 'are'} nearly black` : null,
    colour > 0 ? `${formatCount(colour)} ${colour === 1 ? 'has' : 'have'} one colour` : null,
  ].filter((text) => text !== null);
  return words.length === 0 ? null : `Of its ${plural(images, 'image')} in this window, ${words.join(', ')}.`;
}

export { plural } from './numbers/index.js';

/** A word, a shape and a colour name, never a colour alone. Used in Node and in the browser. */
interface VerdictStyle {
  word: string;
  /** Part of class names and of colour variables in the style sheet. */
  key: 'drift' | 'steady' | 'few' | 'open';
  /** Outline in a box of 16 × 16, as an SVG path. */
  path: string;
}

const STYLES: Record<Verdict, VerdictStyle> = {
  drift: { word: 'drift', key: 'drift', path: 'M8 1.6 15.2 14.4H.8Z' },
  'no drift': { word: 'no drift', key: 'steady', path: 'M8 1.5A6.5 6.5 0 1 1 8 14.5 6.5 6.5 0 1 1 8 1.5Z' },
  'too few rows': { word: 'too few rows', key: 'few', path: 'M2.2 2.2H13.8V13.8H2.2Z' },
};

const NO_VERDICT: VerdictStyle = { word: 'no verdict', key: 'open', path: 'M8 1.2 14.8 8 8 14.8 1.2 8Z' };

export function verdictStyle(verdict: Verdict | null): VerdictStyle {
  return verdict === null ? NO_VERDICT : (STYLES[verdict] ?? NO_VERDICT);
}
