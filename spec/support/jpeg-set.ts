/** Many small JPEG files, all different, as one folder and as tars, made of the demo's images; and what `embed` makes of them. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openImages } from '../../data/index.js';
import { jpeg, tar } from './image-files.js';
import { packageRoot } from './places.js';

const SOURCE = join(packageRoot, 'samples', 'fashion-mnist', 'production.npz');
/** Pictures that are encoded. Files beyond them have the same pixels, and differ in a comment. */
const PICTURES = 200;
/** Every so many files is cut in half. */
const BROKEN_EVERY = 199;

/** @param tars number of archives, each with as many images @returns the inputs of `embed` */
export async function writeJpegs(
  folder: string,
  count: number,
  tars: number,
): Promise<{ folder: string[]; tars: string[] }> {
  const paths = { folder: join(folder, 'photos'), tars: join(folder, 'tars') };
  for (const path of Object.values(paths)) mkdirSync(path, { recursive: true });
  const pictures = await encodedPictures(Math.min(count, PICTURES));
  const share = Math.ceil(count / tars);
  const names: string[] = [];
  for (let from = 0; from < count; from += share) {
    const entries = Array.from({ length: Math.min(share, count - from) }, (_, i) => file(pictures, from + i));
    for (const { name, bytes } of entries) writeFileSync(join(paths.folder, name), bytes);
    names.push(join(paths.tars, `${String(names.length).padStart(5, '0')}.tar`));
    writeFileSync(names.at(-1)!, tar(entries));
  }
  return { folder: [paths.folder], tars: names };
}

/** The bytes of a file of events and of its list of rejected images, which is made only where there are any. */
export function eventBytes(path: string): Buffer {
  const rejected = `${path}.rejected.jsonl`;
  return Buffer.concat([path, ...(existsSync(rejected) ? [rejected] : [])].map((file) => readFileSync(file)));
}

function file(pictures: readonly Buffer[], number: number): { name: string; bytes: Buffer } {
  const bytes = withComment(pictures[number % pictures.length]!, `image ${number}`);
  const isBroken = number % BROKEN_EVERY === BROKEN_EVERY - 1;
  return {
    name: `${String(number).padStart(8, '0')}.jpg`,
    bytes: isBroken ? bytes.subarray(0, bytes.length / 2) : bytes,
  };
}

/** A COM segment behind the first marker (ITU-T T.81, B.2.4.5). */
function withComment(jpeg: Buffer, text: string): Buffer {
  const head = Buffer.from([0xff, 0xfe, 0, 2 + text.length]);
  return Buffer.concat([jpeg.subarray(0, 2), head, Buffer.from(text), jpeg.subarray(2)]);
}

async function encodedPictures(count: number): Promise<Buffer[]> {
  const pictures: Buffer[] = [];
  const images = await openImages(SOURCE);
  for await (const { rows, height, width, data } of images.batches(100)) {
    for (let row = 0; row < rows && pictures.length < count; row++) {
      const rgb = data.subarray(row * height * width * 3, (row + 1) * height * width * 3);
      pictures.push(jpeg({ height, width, data: rgb }));
    }
  }
  await images.close();
  return pictures;
}
