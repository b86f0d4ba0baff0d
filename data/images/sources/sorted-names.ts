/** A folder's or prefix's listing as `buildListing` gives it, its names sorted on the disk instead of in memory. */
import { entryAt } from '#platform';
import { closedOnError } from '../../data-error.js';
import { ListingFacts } from './build-listing.js';
import { type FolderFile, filesIn, ImageNames, LocalImage } from './folder.js';
import { originOf, setName } from './join-pieces.js';
import type { LabelOptions } from './labels.js';
import type { ImageHandle, ImageListing } from './listing.js';
import { imageUnder } from './pieces.js';
import { isPrefix, isUrl, isVisibleFile, type RemoteFiles, type RemoteName, readyFor, remoteOf } from './remote.js';
import { SortedSpool, type SpooledRecord } from './sorted-spool.js';
import { METADATA_NAMES } from './table.js';

export interface SortedNamesOptions extends LabelOptions {
  remote?: RemoteFiles | undefined;
  /** As of `SortedSpool`; replaced by specs. */
  runCharacters?: number | undefined;
}

interface Names {
  where: string;
  folder: string;
  files(): AsyncIterable<readonly NamedFile[]>;
  imageOf(record: SpooledRecord): ImageHandle;
}

interface NamedFile extends FolderFile {
  record: SpooledRecord;
}

/**
 * Null for all but a single folder or prefix, and where a table beside the images tells more. @throws as `openListing`
 */
export async function openSortedNames(
  inputs: readonly string[],
  options: SortedNamesOptions,
): Promise<ImageListing | null> {
  const [input, ...others] = inputs;
  if (input === undefined || others.length > 0) return null;
  const names = isUrl(input) ? await prefixNames(input, options.remote) : await folderNames(input);
  if (names === null) return null;
  const spool = new SortedSpool(options.runCharacters);
  return closedOnError(spool, async () => {
    const read = await readNames(names, spool, options);
    if (read !== null) return listingOf(names, inputs, spool, read);
    await spool.close();
    return null;
  });
}

async function folderNames(path: string): Promise<Names | null> {
  const found = await entryAt(path);
  if (found?.kind !== 'folder') return null;
  return {
    where: path,
    folder: path,
    async *files() {
      for await (const files of filesIn(path)) yield files.map((file) => ({ ...file, record: [file.key] as const }));
    },
    imageOf: ([key]) => new LocalImage(path, key),
  };
}

async function prefixNames(url: string, given: RemoteFiles | undefined): Promise<Names | null> {
  if (!isPrefix(url)) return null;
  await readyFor([url], given);
  const remote = remoteOf(url, given);
  const folder = url.endsWith('/') ? url : `${url}/`;
  return {
    where: folder,
    folder: folder.slice(0, -1),
    async *files() {
      for await (const names of remote.names(folder)) yield names.filter(isVisibleFile).map(named);
    },
    imageOf: (record) => imageUnder(folder, nameOf(record), remote),
  };
}

function named({ key, bytes, modified, stamp }: RemoteName): NamedFile {
  return { key, isFile: true, record: [key, bytes, modified, stamp] };
}

function nameOf([key, bytes, modified, stamp]: SpooledRecord): RemoteName {
  const number = (value: unknown) => (typeof value === 'number' ? value : null);
  return { key, bytes: number(bytes), modified: number(modified), stamp: typeof stamp === 'string' ? stamp : null };
}

async function readNames(
  { where, files }: Names,
  spool: SortedSpool,
  options: LabelOptions,
): Promise<ReturnType<ListingFacts['known']> | null> {
  const images = new ImageNames();
  const facts = new ListingFacts({ where, columns: [], labelColumn: null }, options);
  for await (const some of files()) {
    for (const file of some) {
      if (METADATA_NAMES.includes(file.key)) return null;
      if (!images.take(file)) continue;
      facts.add(file.key);
      const full = spool.add(file.record);
      if (full !== undefined) await full;
    }
  }
  const left = images.notices(where);
  const known = facts.known();
  return { ...known, notices: [...left, ...known.notices] };
}

function listingOf(
  { where, folder, imageOf }: Names,
  inputs: readonly string[],
  spool: SortedSpool,
  { entryOf, ...known }: ReturnType<ListingFacts['known']>,
): ImageListing {
  const pieces = [{ where, folder }];
  return {
    ...known,
    where: inputs[0]!,
    name: setName(inputs, pieces),
    count: spool.count,
    origin: originOf(inputs, pieces),
    async *entries(first = 0) {
      for await (const records of spool.sorted(first)) {
        for (const record of records) yield entryOf({ key: record[0], image: imageOf(record) }, false);
      }
    },
    close: () => spool.close(),
  };
}
