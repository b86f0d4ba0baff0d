import { nearest } from '../../base/index.js';
import { DataError } from '../data-error.js';

export const DEFAULT_IMAGE_URL_TEMPLATE = '{dataset}/{row}.png';

const PLACEHOLDERS = ['dataset', 'row', 'key'] as const;

/**
 * The `image_url` of an event: the template with `{dataset}`, `{row}` and `{key}` replaced. The quickstart's is a base URL
 * followed by `{dataset}/{row}.png`, rows counted from 0. The key is the path of an image file, the row of an array.
 *
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
  return (row, key) => parts.map((part) => part(row, key)).join('');
}

function unknownPlaceholder(template: string, placeholder: string, meant: string | null): DataError {
  return new DataError(
    'IMAGE_URL_PLACEHOLDER',
    `image URL template "${template}": ${placeholder} is unknown, known are {dataset}, {row} and {key}`,
    { hint: meant === null ? undefined : `Did you mean {${meant}}?` },
  );
}
