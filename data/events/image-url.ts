import { nearest } from '../../errors/index.js';
import { DataError } from '../data-error.js';

export const DEFAULT_IMAGE_URL_TEMPLATE = '{dataset}/{row}.png';

/**
 * The `image_url` of an event: the template with `{dataset}` and `{row}` replaced. The quickstart's is a base URL
 * followed by `{dataset}/{row}.png`, rows counted from 0.
 *
 * @throws DataError `IMAGE_URL_PLACEHOLDER` when the template has another name between braces
 */
export function imageUrl(template: string, event: { dataset: string; row: string | number }): string {
  return imageUrlsOf(template, event.dataset)(event.row);
}

/** The same for many rows of one data set. @throws as `imageUrl` */
export function imageUrlsOf(template: string, dataset: string): (row: string | number) => string {
  const parts = template.split(/(\{[^{}]*\})/).map((part, i) => {
    // What was split at is at odd places.
    if (i % 2 === 0) return part;
    const name = part.slice(1, -1);
    if (name === 'row') return null;
    if (name === 'dataset') return dataset;
    throw unknownPlaceholder(template, part, nearest(name, ['dataset', 'row']));
  });
  return (row) => parts.map((part) => part ?? row).join('');
}

function unknownPlaceholder(template: string, placeholder: string, meant: string | null): DataError {
  return new DataError(
    'IMAGE_URL_PLACEHOLDER',
    `image URL template "${template}": ${placeholder} is unknown, known are {dataset} and {row}`,
    { hint: meant === null ? undefined : `Did you mean {${meant}}?` },
  );
}
