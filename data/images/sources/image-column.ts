/** The column of a table that has the images, or says where they are. */
import { nearest, quoted } from '../../../base/index.js';
import { DataError } from '../../data-error.js';

/** Names that tables use, the first that there is counts. `file_name` is Hugging Face's. */
const USUAL: readonly string[] = [
  'image',
  'file_name',
  'image_path',
  'path',
  'file',
  'filename',
  'image_url',
  'url',
  'img',
];
/** Columns that all events of `embed` have, and tables of images hardly. */
const EVENTS: readonly string[] = ['embeddings', 'event_id'];
/** As many names as a message can hold. */
const NAMES_TOLD = 20;

/** @throws DataError `IMAGES_COLUMN` */
export function imageColumn(columns: readonly string[], asked: string | undefined, where: string): string {
  const found =
    asked === undefined ? USUAL.find((name) => columns.includes(name)) : columns.find((name) => name === asked);
  if (asked === undefined && EVENTS.every((name) => columns.includes(name))) {
    throw new DataError('IMAGES_COLUMN', `${where}: these are events, which were made of images`, {
      hint: 'baseline, drift and publish read them. To embed their images again, give the folder that these lie in.',
    });
  }
  if (found !== undefined) return found;
  const there =
    columns.length === 0 ? 'there are none' : `there are ${columns.slice(0, NAMES_TOLD).map(quoted).join(', ')}`;
  const close = asked === undefined ? null : nearest(asked, columns);
  throw new DataError(
    'IMAGES_COLUMN',
    `${where}: no column ${asked === undefined ? 'that is named like one of images' : quoted(asked)}, ${there}`,
    {
      hint: close === null ? hintFor(columns) : `Did you mean ${close}?`,
    },
  );
}

/** The whole header as one column: other separators than commas. */
const OTHER_SEPARATOR = /[;\t|]/;

function hintFor(columns: readonly string[]): string {
  const [only] = columns;
  return columns.length === 1 && OTHER_SEPARATOR.test(only!)
    ? 'Columns of a csv are separated by commas.'
    : 'Name the column of the images or their paths with --image-column.';
}
