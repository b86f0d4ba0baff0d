/** The column of a table that has the images, or says where they are. */
import { nearest, quoted } from '../../../errors/index.js';
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
/** As many names as a message can hold. */
const NAMES_TOLD = 20;

/** @throws DataError `IMAGES_COLUMN` */
export function imageColumn(columns: readonly string[], asked: string | undefined, where: string): string {
  const found =
    asked === undefined ? USUAL.find((name) => columns.includes(name)) : columns.find((name) => name === asked);
  if (found !== undefined) return found;
  const there = columns.slice(0, NAMES_TOLD).map(quoted).join(', ');
  const close = asked === undefined ? null : nearest(asked, columns);
  throw new DataError(
    'IMAGES_COLUMN',
    `${where}: no column ${asked === undefined ? 'that is named like one of images' : quoted(asked)}, there are ${there}`,
    {
      hint:
        close === null ? 'Name the column of the images or their paths with --image-column.' : `Did you mean ${close}?`,
    },
  );
}
