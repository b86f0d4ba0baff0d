/** The images of a profile as JSON. Keys of hashes are base64 of five bytes each, the highest first. */
import { z } from 'zod';
import { DriftError, grouped } from '../drift-error.js';
import { BASELINE_HASHES, type HashCounts } from '../images/hash-tally.js';
import { COUNTED_CHECKS, type CountedCheck } from '../images/image-checks.js';
import { type CheckCount, GRID_PARTS, type GridCounts, type ImageBaseline } from '../images/image-tally.js';
import { isUsable } from '../linear/matrix.js';
import { totalOf } from '../statistics/counts.js';

const KEY_BYTES = 5;

const wholeNumber = z.number().int().nonnegative();
const finite = z.number().refine(isUsable, 'a finite number is needed');
const hashesSchema = z.object({
  images: wholeNumber,
  keys: z.string(),
  /** Which of the keys came more than once, and how often. */
  repeated: z.array(z.tuple([wholeNumber, z.number().int().min(2)])).max(BASELINE_HASHES),
});

const gridsSchema = z.object({
  images: wholeNumber,
  sums: z.array(wholeNumber).length(GRID_PARTS),
  squares: z.array(wholeNumber).length(GRID_PARTS),
});

export const imagesSchema = z.object({
  sizes: z.object({ low: finite, high: finite }).nullable(),
  checks: z.record(z.enum(COUNTED_CHECKS), z.object({ images: wholeNumber, found: wholeNumber })),
  bytes: hashesSchema,
  looks: hashesSchema,
  grids: gridsSchema,
});

type ImagesJson = z.infer<typeof imagesSchema>;

/** The JSON text, with a line for each member. */
export function imagesToJson({ sizes, checks, bytes, looks, grids }: ImageBaseline): string {
  const members = {
    sizes: sizes && { low: sizes.low, high: sizes.high },
    checks: Object.fromEntries(
      COUNTED_CHECKS.map((check) => [check, { images: checks[check].images, found: checks[check].found }]),
    ),
    bytes: hashesJson(bytes),
    looks: hashesJson(looks),
    grids: { images: grids.rows, sums: [...grids.sums], squares: [...grids.squares] },
  };
  const lines = Object.entries(members).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{\n${lines.join(',\n')}\n }`;
}

function hashesJson({ rows, keys, weights }: HashCounts): z.infer<typeof hashesSchema> {
  const bytes = Buffer.alloc(keys.length * KEY_BYTES);
  for (const [i, key] of keys.entries()) bytes.writeUIntBE(key, i * KEY_BYTES, KEY_BYTES);
  const repeated = [...weights].flatMap((weight, i): [number, number][] => (weight > 1 ? [[i, weight]] : []));
  return { images: rows, keys: bytes.toString('base64'), repeated };
}

/**
 * @param rows those of the profile
 * @param where names the file in messages
 * @throws DriftError `PROFILE_IMAGES_INVALID`
 */
export function readImages(
  { sizes, checks, bytes, looks, grids }: ImagesJson,
  rows: number,
  where: string,
): ImageBaseline {
  const invalid = (disagreement: string) =>
    new DriftError('PROFILE_IMAGES_INVALID', `${where}: images.${disagreement}`);
  const atMost = (what: string, found: number, most: number) => {
    if (found > most) throw invalid(`${what}: ${grouped(found)}, at most ${grouped(most)} is possible`);
  };
  const readCheck = (check: CountedCheck): CheckCount => {
    const { images, found } = checks[check];
    atMost(`checks.${check}.images`, images, rows);
    atMost(`checks.${check}.found`, found, images);
    return { images, found };
  };
  const readHashes = (what: string, json: z.infer<typeof hashesSchema>): HashCounts => {
    atMost(`${what}.images`, json.images, rows);
    const keys = keysOf(json.keys);
    atMost(`${what}.keys, their number`, keys.length, BASELINE_HASHES);
    const unsorted = keys.findIndex((key, i) => i > 0 && key <= keys[i - 1]!);
    if (unsorted > 0) throw invalid(`${what}.keys: number ${unsorted} is not above the one before`);
    const weights = new Int32Array(keys.length).fill(1);
    for (const [place, weight] of json.repeated) {
      atMost(`${what}.repeated, a place`, place, keys.length - 1);
      atMost(`${what}.repeated, a count`, weight, json.images);
      weights[place] = weight;
    }
    const total = totalOf(weights);
    const isFull = keys.length === BASELINE_HASHES;
    if (total > json.images || (total < json.images && !isFull)) {
      throw invalid(`${what}: keys of ${grouped(total)} images, images says ${grouped(json.images)}`);
    }
    return { rows: json.images, keys, weights };
  };
  const readGrids = ({ images, sums, squares }: z.infer<typeof gridsSchema>): GridCounts => {
    atMost('grids.images', images, rows);
    for (const [part, sum] of sums.entries()) {
      atMost(`grids.sums.${part}`, sum, 255 * images);
      atMost(`grids.squares.${part}`, squares[part]!, 255 * sum);
    }
    return { rows: images, sums: Float64Array.from(sums), squares: Float64Array.from(squares) };
  };
  if (sizes !== null && sizes.low > sizes.high) throw invalid(`sizes: ${sizes.low} to ${sizes.high}, they must ascend`);
  return {
    sizes,
    checks: Object.fromEntries(COUNTED_CHECKS.map((check) => [check, readCheck(check)])) as ImageBaseline['checks'],
    bytes: readHashes('bytes', bytes),
    looks: readHashes('looks', looks),
    grids: readGrids(grids),
  };
}

function keysOf(text: string): Float64Array {
  const bytes = Buffer.from(text, 'base64');
  return Float64Array.from({ length: Math.floor(bytes.length / KEY_BYTES) }, (_, i) =>
    bytes.readUIntBE(i * KEY_BYTES, KEY_BYTES),
  );
}
