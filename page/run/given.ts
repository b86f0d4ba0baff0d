/** Puts what a person gave into the folder in memory from which the rest of the program reads. */
import { basename, dirname, join } from '#platform';
import { CodedError } from '../../base/index.js';
import { RandomAccessFile, ZipArchive } from '../../files/index.js';
import { putFile, removeFile } from '../../platform/page/index.js';
import type { GivenFile, OwnFile } from './messages.js';

/** A whole folder has one name, and loose files none of their own. */
export type Placed = { path: string; loose: readonly string[] };

/** Replaces what was in the folder. @throws CodedError `NOTHING_GIVEN`, `PAGE_FILE_MISSING` */
export async function place(folder: string, files: readonly (GivenFile | OwnFile)[]): Promise<Placed> {
  if (files.length === 0) throw new CodedError('NOTHING_GIVEN', 'nothing was given: the folder has no files');
  await removeFile(folder);
  for (const file of files) putFile(join(folder, file.path), 'url' in file ? await fetched(file) : file.content);
  const tops = [...new Set(files.map(({ path }) => path.split('/')[0]!))];
  const isWhole = tops.length === 1 && dirname(files[0]!.path) !== '.';
  if (isWhole || files.length === 1) return { path: join(folder, tops[0]!), loose: [] };
  return { path: folder, loose: files.map(({ path }) => join(folder, path)) };
}

async function fetched({ url, path }: OwnFile): Promise<Uint8Array> {
  const answer = await fetch(url).catch(() => null);
  if (answer?.ok) return new Uint8Array(await answer.arrayBuffer());
  throw new CodedError('PAGE_FILE_MISSING', `${url}: this page's host answers ${answer?.status ?? 'nothing'}`, {
    hint: `image-drift page --out FOLDER writes all files of the page, also ${basename(path)}.`,
  });
}

/** Enough for a network of 8 GB in parts; a member beyond it is refused by its size in the directory. */
const MOST_BYTES = 2 ** 33;

/** Takes a saved weights folder out of its zip. @returns the folder */
export async function unzipped(path: string): Promise<string> {
  const folder = `${path}.d`;
  const file = await RandomAccessFile.open(path);
  try {
    const zip = await ZipArchive.open(file);
    for (const [name, member] of zip.members) {
      if (!name.endsWith('/')) putFile(join(folder, join('/', name)), await zip.readAll(member, MOST_BYTES));
    }
    const top = [...zip.members.keys()].find((name) => basename(name) === 'model.json');
    return top === undefined ? folder : join(folder, dirname(top));
  } finally {
    await file.close();
  }
}
