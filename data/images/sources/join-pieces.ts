import { basename, dirname, isAbsolute, relative, resolve, sep } from '#platform';
import { publicUrl } from '../../../base/index.js';
import type { FoundImage, Piece } from './build-listing.js';
import { hasChoices, isPattern } from './glob.js';
import type { ListingOrigin } from './listing.js';
import { isPrefix, isUrl, pathOf } from './remote.js';
import { isStdin } from './stdin.js';
import { isTableName } from './table-rows.js';

/** The images of all pieces under keys that tell them apart, and all their columns. */
export function joined(pieces: readonly Piece[]): Pick<Piece, 'images' | 'columns' | 'types'> {
  const [only] = pieces;
  const columns = [...new Set(pieces.flatMap((piece) => piece.columns))];
  if (pieces.length === 1 && only !== undefined) return { images: only.images, columns, types: only.types };
  const common = commonParts(pieces.flatMap(({ folder }) => (folder === null ? [] : [folder])));
  const prefixed = archiveKeysClash(pieces);
  const images = pieces.flatMap((piece) => {
    const before = prefixOf(piece, common, prefixed);
    const places = columns.map((column) => piece.columns.indexOf(column));
    if (before === '' && columns.length === 0) return piece.images;
    const rowOf = ({ row }: FoundImage) => places.map((place) => row?.[place] ?? null);
    return piece.images.map((found) => ({ key: before + found.key, row: rowOf(found), image: found.image }));
  });
  return { images, columns };
}

function prefixOf({ folder, where }: Piece, common: readonly string[], prefixed: boolean): string {
  const archive = prefixed ? [basename(pathOf(where)).replace(/\.[^.]*$/, '')] : [];
  const before = folder === null ? archive : partsOf(folder).slice(common.length);
  return before.map((part) => `${part}/`).join('');
}

function archiveKeysClash(pieces: readonly Piece[]): boolean {
  const seen = new Set<string>();
  for (const { folder, images } of pieces) {
    if (folder !== null) continue;
    const own = new Set(images.map(({ key }) => key));
    for (const key of own) {
      if (seen.has(key)) return true;
      seen.add(key);
    }
  }
  return false;
}

const SCHEME = /^(https?|s3):$/i;

function partsOf(folder: string): string[] {
  return (isUrl(folder) ? folder.split('/') : resolve(folder).split(sep)).filter((part) => part !== '');
}

function commonParts(folders: readonly string[]): string[] {
  const [first = [], ...rest] = folders.map(partsOf);
  let length = first.length;
  for (const parts of rest) {
    const differs = first.findIndex((part, i) => part !== parts[i]);
    length = Math.min(length, differs < 0 ? first.length : differs);
  }
  return first.slice(0, length);
}

export function originOf(inputs: readonly string[], pieces: readonly Pick<Piece, 'folder' | 'where'>[]): ListingOrigin {
  const folders = pieces.flatMap(({ folder }) => (folder === null ? [] : [folder]));
  const [only] = folders;
  if (folders.length < pieces.length || pieces.some(({ where }) => isUrl(where))) {
    const isOnePrefix = pieces.length === 1 && inputs.length === 1 && isPrefix(pieces[0]!.where);
    return isOnePrefix && only !== undefined ? { folder: only } : listedAgain(inputs);
  }
  if (only !== undefined && folders.length === 1) return { folder: only };
  const common = resolve(sep, commonParts(folders).join(sep));
  return { folder: folders.some(isAbsolute) ? common : relative('.', common) || '.' };
}

/** Where images are found by listing the inputs once more. */
export function listedAgain(inputs: readonly string[]): ListingOrigin {
  return inputs.some((input) => isStdin(input) || publicUrl(input) !== input) ? null : { inputs };
}

/** Folder and name, without the extension of a file. */
export function setName(inputs: readonly string[], pieces: readonly Pick<Piece, 'folder' | 'where'>[]): string {
  const [input] = inputs;
  const [piece] = pieces;
  const isFile = piece === undefined || piece.folder === null || isTableName(piece.where);
  const isOne = inputs.length === 1 && input !== undefined && !(isUrl(input) ? hasChoices(input) : isPattern(input));
  if (isOne && isFile) {
    return isStdin(input) ? 'stdin' : fileSetName(input);
  }
  return lastParts(commonParts(pieces.map(({ folder, where }) => folder ?? dirname(pathOf(where)))));
}

/** Folder and name of a file, without its extension: unlike the full path, it stays the same on another machine. */
export function fileSetName(path: string): string {
  return lastParts(partsOf(pathOf(path).replace(/\.[^./\\]*$/, '')));
}

function lastParts(all: readonly string[]): string {
  const parts = all.filter((part) => !SCHEME.test(part));
  return `${parts.at(-2) ?? ''}/${parts.at(-1) ?? ''}`;
}
