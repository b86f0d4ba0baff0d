/** The images of a profile as JSON. Keys of hashes are base64 of five bytes each, the highest first. */

import * as z from 'zod';
import { base64, fromBase64 } from '#platform';
import { grouped } from '../drift-error.js';
import { COUNTED_CHECKS } from '../images/image-checks.js';
import { BASELINE_HASHES, GRID_PARTS, type HashCounts, type ImageBaseline } from '../images/image-tally.js';
import { totalOf } from '../statistics/counts.js';
import { Agreement, finite, shape, whole } from './codec.js';

const KEY_BYTES = 5;

const keys = z.codec(z.string(), z.custom<Float64Array>(), {
  decode: (text) => {
    const bytes = fromBase64(text);
    const length = Math.floor(bytes.length / KEY_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return Float64Array.from({ length }, (_, i) => {
      return view.getUint8(i * KEY_BYTES) * 2 ** 32 + view.getUint32(i * KEY_BYTES + 1);
    });
  },
  encode: (found) => {
    const bytes = new Uint8Array(found.length * KEY_BYTES);
    const view = new DataView(bytes.buffer);
    for (const [i, key] of found.entries()) {
      view.setUint8(i * KEY_BYTES, key / 2 ** 32);
      view.setUint32(i * KEY_BYTES + 1, key);
    }
    return base64(bytes);
  },
});

const hashesShape = shape({
  images: whole,
  keys,
  /** Which of the keys came more than once, and how often. */
  repeated: z.array(z.tuple([whole, z.number().int().min(2)])).max(BASELINE_HASHES),
});
const parts = z.codec(z.array(whole).length(GRID_PARTS), z.custom<Float64Array>(), {
  decode: (list) => Float64Array.from(list),
  encode: (values) => [...values],
});
const checkShape = shape({ images: whole, found: whole });

export const imagesShape = shape({
  sizes: shape({ low: finite, high: finite }).nullable(),
  checks: z.object(
    Object.fromEntries(COUNTED_CHECKS.map((check) => [check, checkShape])) as Record<
      (typeof COUNTED_CHECKS)[number],
      typeof checkShape
    >,
  ),
  bytes: hashesShape,
  looks: hashesShape,
  grids: shape({ images: whole, sums: parts, squares: parts }),
});

export function storedImages({ bytes, looks, grids, ...rest }: ImageBaseline) {
  return { ...rest, bytes: storedHashes(bytes), looks: storedHashes(looks), grids: { ...grids, images: grids.rows } };
}

function storedHashes({ rows, keys, weights }: HashCounts) {
  const repeated = [...weights].flatMap((weight, i): [number, number][] => (weight > 1 ? [[i, weight]] : []));
  return { images: rows, keys, repeated };
}

/** @param rows those of the profile @throws DriftError `PROFILE_IMAGES_INVALID` */
export function readImages(json: z.output<typeof imagesShape>, rows: number, where: string): ImageBaseline {
  const agreement = new Agreement('PROFILE_IMAGES_INVALID', where, 'images.');
  const { sizes, checks, bytes, looks, grids } = json;
  if (sizes !== null && sizes.low > sizes.high) {
    agreement.fail(`sizes: ${sizes.low} to ${sizes.high}, they must ascend`);
  }
  for (const [check, { images, found }] of Object.entries(checks)) {
    agreement.atMost(`checks.${check}.images`, images, rows);
    agreement.atMost(`checks.${check}.found`, found, images);
  }
  const read = {
    bytes: readHashes('bytes', bytes, rows, agreement),
    looks: readHashes('looks', looks, rows, agreement),
  };
  const { images, sums, squares } = grids;
  agreement.atMost('grids.images', images, rows);
  for (const [part, sum] of sums.entries()) {
    agreement.atMost(`grids.sums.${part}`, sum, 255 * images);
    agreement.atMost(`grids.squares.${part}`, squares[part]!, 255 * sum);
  }
  return { sizes, checks, ...read, grids: { rows: images, sums, squares } };
}

function readHashes(
  what: string,
  { images, keys, repeated }: z.output<typeof hashesShape>,
  rows: number,
  agreement: Agreement,
): HashCounts {
  agreement.atMost(`${what}.images`, images, rows);
  agreement.atMost(`${what}.keys, their number`, keys.length, BASELINE_HASHES);
  agreement.ascend(`${what}.keys`, keys);
  const weights = new Int32Array(keys.length).fill(1);
  for (const [place, weight] of repeated) {
    agreement.atMost(`${what}.repeated, a place`, place, keys.length - 1);
    agreement.atMost(`${what}.repeated, a count`, weight, images);
    weights[place] = weight;
  }
  const total = totalOf(weights);
  if (total > images || (total < images && keys.length < BASELINE_HASHES)) {
    agreement.fail(`${what}: keys of ${grouped(total)} images, images says ${grouped(images)}`);
  }
  return { rows: images, keys, weights };
}
