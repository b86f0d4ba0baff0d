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
  const values: Record<string, string> = { dataset: event.dataset, row: String(event.row) };
  return template.replace(/\{([^{}]*)\}/g, (placeholder, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) throw unknownPlaceholder(template, placeholder, nearest(name, Object.keys(values)));
    return value;
  });
}

function unknownPlaceholder(template: string, placeholder: string, meant: string | null): DataError {
  return new DataError(
    'IMAGE_URL_PLACEHOLDER',
    `image URL template "${template}": ${placeholder} is unknown, known are {dataset} and {row}`,
    { hint: meant === null ? undefined : `Did you mean {${meant}}?` },
  );
}
