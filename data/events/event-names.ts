import { type Bytes, concat, roomFor, sha256Of } from '#platform';
import { nearest } from '../../base/index.js';
import { DataError } from '../data-error.js';

/** Keeps these ids apart from any other hash of the same fields, and allows another construction later. */
const DOMAIN = 'image-drift/event/1';

/**
 * The stable id of an event: the same image through the same weights has the same id, 32 lower-case hex digits: the
 * first 128 bits of SHA-256 over `image-drift/event/1`, data set, row key and weights hash, each as UTF-8 after its
 * length in bytes (uint32, little endian), so that different triples give different bytes. Of a billion events two
 * share an id with a chance below 1e-20.
 * @param datasetName what the images are called together, e.g. `production_1`
 * @param rowKey what the image is called within: its row number in an npz, its path in a folder
 * @param weightsSha256 sha256 of the weights, as hex
 */
export function eventId(datasetName: string, rowKey: string | number, weightsSha256: string): string {
  return eventIdsOf(datasetName, weightsSha256)(rowKey);
}

/** The same for many rows of one data set. */
export function eventIdsOf(datasetName: string, weightsSha256: string): (rowKey: string | number) => string {
  const before = concat([field(DOMAIN), field(datasetName)]);
  const after = field(weightsSha256);
  // One room for all ids: a new one for each is garbage at once.
  let bytes = roomFor(0);
  return (rowKey) => {
    const key = String(rowKey);
    const most = before.length + fieldBytes(key) + after.length;
    if (bytes.length < most) {
      bytes = roomFor(2 * most);
      bytes.set(before);
    }
    const end = writeField(bytes, before.length, key);
    bytes.set(after, end);
    return sha256Of(bytes.subarray(0, end + after.length)).slice(0, 32);
  };
}

/** At most. */
function fieldBytes(text: string): number {
  return 4 + 3 * text.length;
}

function field(text: string): Bytes {
  const bytes = roomFor(fieldBytes(text));
  return bytes.subarray(0, writeField(bytes, 0, text));
}

/** @returns the place behind it */
function writeField(bytes: Bytes, at: number, text: string): number {
  const length = bytes.write(text, at + 4, 'utf8');
  bytes.writeUInt32LE(length, at);
  return at + 4 + length;
}

export const DEFAULT_IMAGE_URL_TEMPLATE = '{dataset}/{row}.png';

const PLACEHOLDERS = ['dataset', 'row', 'key'] as const;

/**
 * The `image_url` of an event: the template with `{dataset}`, `{row}` (from 0) and `{key}` replaced. The key is an
 * image file's path, or an array's row. The quickstart's is a base URL and `{dataset}/{row}.png`.
 * @throws DataError `IMAGE_URL_PLACEHOLDER` when the template has another name between braces
 */
export function imageUrl(
  template: string,
  event: { dataset: string; row: string | number; key?: string | number },
): string {
  return imageUrlsOf(template, event.dataset)(event.row, event.key ?? event.row);
}

/** The same for many rows of one data set. @throws as `imageUrl` */
export function imageUrlsOf(template: string, dataset: string): (row: string | number, key: string | number) => string {
  const parts = template.split(/(\{[^{}]*\})/).map((part, i) => {
    // What was split at is at odd places.
    if (i % 2 === 0) return () => part;
    const name = part.slice(1, -1);
    if (name === 'dataset') return () => dataset;
    if (name === 'row') return (row: string | number) => String(row);
    if (name === 'key') return (_: string | number, key: string | number) => String(key);
    throw unknownPlaceholder(template, part, nearest(name, PLACEHOLDERS));
  });
  return (row, key) => parts.reduce((text, part) => text + part(row, key), '');
}

function unknownPlaceholder(template: string, placeholder: string, meant: string | null): DataError {
  return new DataError(
    'IMAGE_URL_PLACEHOLDER',
    `image URL template "${template}": ${placeholder} is unknown, known are {dataset}, {row} and {key}`,
    { hint: meant === null ? undefined : `Did you mean {${meant}}?` },
  );
}
