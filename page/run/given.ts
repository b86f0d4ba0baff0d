/** Puts what a person gave into the folder in memory from which the rest of the program reads. */
import { basename, dirname, join } from '#platform';
import { CodedError } from '../../base/index.js';
import { putFiles } from '../../platform/page/index.js';
import type { GivenFile, OwnFile } from './messages.js';

/** A whole folder has one name, and loose files none of their own. */
export type Placed = { path: string; loose: readonly string[] };

let folders = 0;

/** A folder in memory that nothing else has: what was given before stays where it is. */
export function newFolder(): string {
  return `/~given-${++folders}`;
}

/** Folders of this page's memory mean nothing to a person. */
export function byGivenNames(text: string): string {
  return text.replace(/\/~given-\d+\//g, '').replace(/\/~given-\d+/g, 'the files');
}

/** Puts the files into the folder. @throws CodedError `NOTHING_GIVEN`, `PAGE_FILE_MISSING` */
export async function place(folder: string, files: readonly (GivenFile | OwnFile)[]): Promise<Placed> {
  if (files.length === 0) throw new CodedError('NOTHING_GIVEN', 'nothing was given: the folder has no files');
  const contents: { path: string; content: Blob | Uint8Array }[] = [];
  for (const file of files) contents.push('url' in file ? { ...file, content: await fetched(file) } : file);
  const path = putFiles(folder, contents);
  const isLoose = files.length > 1 && (path === folder || dirname(files[0]!.path) === '.');
  return isLoose ? { path: folder, loose: files.map((file) => join(folder, file.path)) } : { path, loose: [] };
}

async function fetched({ url, path }: OwnFile): Promise<Uint8Array> {
  const answer = await fetch(url).catch(() => null);
  if (answer?.ok) return new Uint8Array(await answer.arrayBuffer());
  throw new CodedError('PAGE_FILE_MISSING', `${url}: this page's host answers ${answer?.status ?? 'nothing'}`, {
    hint: `image-drift page --out FOLDER writes all files of the page, also ${basename(path)}.`,
  });
}
