/** Weights as one file: a zip of stored files, as they hardly shrink. */
import { Zip, ZipPassThrough } from 'fflate';
import { basename, dirname, join } from '#platform';
import { RandomAccessFile, ZipArchive } from '../../files/index.js';
import { putFile } from '../../platform/page/index.js';

/** The parts stay Blobs, which a browser may keep on the disk. */
export async function makeZip(files: readonly { name: string; content: Blob | Uint8Array }[]): Promise<Blob> {
  const parts: Blob[] = [];
  const zip = new Zip((_error, chunk) => void parts.push(new Blob([chunk as Uint8Array<ArrayBuffer>])));
  for (const { name, content } of files) {
    const file = new ZipPassThrough(name);
    zip.add(file);
    const blob = content instanceof Blob ? content : new Blob([content as Uint8Array<ArrayBuffer>]);
    for await (const chunk of blob.stream()) file.push(chunk);
    file.push(new Uint8Array(0), true);
  }
  zip.end();
  return new Blob(parts, { type: 'application/zip' });
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
