/** Images of 16 bits and what NumPy makes of them (`spec/fixtures/data/make_deep.py`). */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DepthRange, decodeImage, openImages } from '../../data/index.js';

export interface DeepCase {
  range: [number, number];
  /** First 32 digits of that of the levels as RGB. */
  sha256: string;
  /** Pixels of each image that have a colour outside of the range. */
  cut: number[];
}

export const isArray = (path: string) => /\.np[yz]$/.test(path);

/** The same numbers of ours. @param path an image, or an array of images, in NCHW if its name has `nchw` */
export async function deepLevels(path: string, range: DepthRange): Promise<Omit<DeepCase, 'range'>> {
  if (!isArray(path)) {
    const { data, width, height, cutOff } = await decodeImage(readFileSync(path), path, { range });
    return { sha256: sha256(data), cut: [Math.round(cutOff! * width * height)] };
  }
  const set = await openImages(path, { range, layout: path.includes('nchw') ? 'nchw' : 'nhwc', labels: null });
  try {
    const [all, cut]: [Uint8Array[], number[]] = [[], []];
    for await (const { data, cutOffs } of set.batches(2)) {
      all.push(data.slice());
      cut.push(...Array.from(cutOffs!, (share) => Math.round(share * set.height * set.width)));
    }
    return { sha256: sha256(Buffer.concat(all)), cut };
  } finally {
    await set.close();
  }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 32);
