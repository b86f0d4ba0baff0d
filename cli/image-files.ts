/** Values of the flags about image files. */
import { UsageError } from './usage-error.js';

/** A number of images, or a share of them such as `1%`. */
export function maxRejected(value: unknown): number | `${number}%` {
  const text = String(value);
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  if (/^\d+(\.\d+)?%$/.test(text) && Number.parseFloat(text) <= 100) return text as `${number}%`;
  throw new UsageError(`--max-rejected takes a number of images, or a share such as 1%, not ${text}`);
}

/** Six hex digits, with or without `#`, as red, green and blue. */
export function colour(text: string): [number, number, number] {
  const [, red, green, blue] = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text) ?? [];
  if (red === undefined || green === undefined || blue === undefined) {
    throw new UsageError(`--background takes a colour such as ffffff, not ${text}`);
  }
  return [Number.parseInt(red, 16), Number.parseInt(green, 16), Number.parseInt(blue, 16)];
}
