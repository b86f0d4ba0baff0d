/** Archives that are not read: compressed ones, since images are read in the order of their names, from anywhere in the file. */
import { extname } from 'node:path';
import { DataError } from '../../data-error.js';

const COMPRESSIONS: readonly { begins: string; name: string; unpack: string }[] = [
  { begins: '\u001f\u008b', name: 'gzip', unpack: 'gunzip' },
  { begins: 'BZh', name: 'bzip2', unpack: 'bunzip2' },
  { begins: '\u00fd7zXZ\0', name: 'xz', unpack: 'unxz' },
  { begins: '\u0028\u00b5\u002f\u00fd', name: 'Zstandard', unpack: 'unzstd' },
  { begins: '7z\u00bc\u00af\u0027\u001c', name: '7-Zip', unpack: '7z x' },
  { begins: 'Rar!\u001a\u0007', name: 'RAR', unpack: 'unrar x' },
];
const BEGINNING_BYTES = 8;

/** @param head the beginning of a file @throws DataError `ARCHIVE_COMPRESSED` */
export function refuseCompressed(head: Uint8Array, where: string): void {
  const text = Buffer.from(head.subarray(0, BEGINNING_BYTES)).toString('latin1');
  const found = COMPRESSIONS.find(({ begins }) => text.startsWith(begins));
  if (found === undefined) return;
  throw new DataError('ARCHIVE_COMPRESSED', `${where}: is compressed by ${found.name}; only tars and zips are read`, {
    hint: `Unpack it first, with ${found.unpack}.`,
  });
}

/** What has neither the beginning of an archive nor the name of anything else. @throws DataError `ARCHIVE_COMPRESSED`, `ARCHIVE_FORMAT` */
export function refuseOtherArchive(head: Uint8Array, where: string, name: string): void {
  refuseCompressed(head, where);
  const extension = extname(name).toLowerCase();
  if (extension !== '.tar' && extension !== '.zip') return;
  const begins =
    head.length === 0
      ? 'it is empty'
      : `it begins with ${Buffer.from(head.subarray(0, BEGINNING_BYTES)).toString('hex')}`;
  throw new DataError('ARCHIVE_FORMAT', `${where}: is named like a ${extension.slice(1)}, and is none; ${begins}`);
}
