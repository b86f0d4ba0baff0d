/** Lists of images as files: for a spreadsheet and for Label Studio. */
import type { UnlikeImages } from '../../image-data.js';
import type { Thumbnails } from '../thumbnails.js';
import { csvList } from './csv.js';
import { labelStudioList } from './label-studio.js';

export interface DownloadedFile {
  file: string;
  type: string;
  text: string;
}

export interface Download {
  /** On the button. */
  name: string;
  /** What the button does, in full. */
  title: string;
  /** How the file is used. */
  about: string;
  /** What the file lacks; null for nothing. */
  note: string | null;
  make(): Promise<DownloadedFile>;
}

export function downloads(window: string, unlike: UnlikeImages, pictures: Thumbnails): Download[] {
  const base = fileName(window);
  const { rows } = unlike;
  const homeless = rows.filter(({ location }) => location === null).length;
  return [
    {
      name: 'CSV',
      title: `Download the images of ${window} as CSV`,
      about: 'A line for each image, with the columns of drift --ranked',
      note: null,
      make: async () => ({ file: `${base}.csv`, type: 'text/csv', text: csvList(window, rows) }),
    },
    {
      name: 'Label Studio',
      title: `Download the images of ${window} as tasks of Label Studio`,
      about: 'JSON; a labelling configuration with an Image of value="$image" is needed',
      note:
        homeless > 0
          ? `${homeless} of ${rows.length} images have no file of their own: Label Studio gets the pictures of this page.`
          : null,
      make: async () => ({
        file: `${base}.label-studio.json`,
        type: 'application/json',
        text: await labelStudioList(window, rows, pictures),
      }),
    },
  ];
}

/** The name of a window without what a file system may not take. */
function fileName(window: string): string {
  const safe = window
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^[._]+/, '')
    .slice(0, 80);
  return `${safe === '' ? 'window' : safe}-unlike`;
}
