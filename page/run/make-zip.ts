/** A zip of stored files: weights hardly shrink. */
import { Zip, ZipPassThrough } from 'fflate';

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
