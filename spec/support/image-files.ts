/** Small image files and archives of them, made here. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode as encodeJpeg } from 'jpeg-js';
import { pngFile } from '../../data/images/decode/png/encode-png.js';
import { encodePng, type Image, imagesOf, openImages } from '../../data/index.js';
import type { Values } from '../../graph/operations/operation.js';
import { packageRoot } from './places.js';

/** A PNG of RGB pixels, `[height, width, 3]`. */
export function png(height: number, width: number, data: Uint8Array): Buffer {
  return encodePng({ height, width, data });
}

/** A square PNG in gray of 16 bits. */
export function grayPng16(side: number): Buffer {
  return pngFile({ width: side, height: side, depth: 16, colour: 0 }, new Uint8Array(2 * side * side).fill(100));
}

/** A JPEG of RGB pixels. */
export function jpeg({ height, width, data }: Image, quality = 90): Buffer {
  const rgba = Buffer.alloc(height * width * 4, 255);
  for (let i = 0; i < height * width; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  return Buffer.from(encodeJpeg({ height, width, data: rgba }, quality).data);
}

/** Writes files under a folder, by their paths from it. */
export function writeFiles(folder: string, files: Readonly<Record<string, Uint8Array | string>>): void {
  for (const [name, bytes] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}

export interface TarEntry {
  name: string;
  bytes?: Uint8Array | string;
  /** `0` a file, `2` a link, `5` a folder, `x` a pax header, `L` GNU's long name. */
  type?: string;
}

/** A ustar archive. Entries are written as they are, so that one can be hostile. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, bytes = '', type = '0' }) => {
    const content = Buffer.from(bytes);
    const header = Buffer.alloc(512);
    header.write(name, 0, 100, 'utf8');
    header.write('0000644\0', 100);
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('14000000000\0', 136);
    header.write('        ', 148);
    header.write(type, 156);
    header.write('ustar\u000000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

/** The pax header that gives the next entry a path of any length. */
export function paxPath(path: string): TarEntry {
  const rest = ` path=${path}\n`;
  let length = rest.length;
  while (String(length).length + Buffer.byteLength(rest) !== length)
    length = String(length).length + Buffer.byteLength(rest);
  return { name: 'PaxHeader', bytes: `${length}${rest}`, type: 'x' };
}

// The images that make_networks.py and make_programs.py give to PyTorch: bytes, normalised with mean and std of 0.5.

export function fixtureImages(count: number, size: number): Values {
  const data = new Float64Array(count * 3 * size * size);
  for (let n = 0; n < count; n++) {
    for (let pixel = 0; pixel < size * size * 3; pixel++) {
      const byte = (pixel * 7919 + n * 104_729 + Math.floor(pixel / 13)) % 256;
      const [channel, place] = [pixel % 3, Math.floor(pixel / 3)];
      data[(n * 3 + channel) * size * size + place] = (byte / 255 - 0.5) / 0.5;
    }
  }
  return { shape: [count, 3, size, size], data };
}

// The first images of the Fashion-MNIST sample, one by one.

export async function fashionImages(count: number): Promise<Image[]> {
  const set = await openImages(join(packageRoot, 'samples', 'fashion-mnist', 'production.npz'));
  const images: Image[] = [];
  for await (const batch of set.batches(count)) {
    images.push(...Array.from(imagesOf(batch), (image) => ({ ...image, data: image.data.slice() })));
    if (images.length >= count) break;
  }
  await set.close();
  return images.slice(0, count);
}

// Images by formula, the same as in spec/ci/pillow/made_image.py: noise, hard edges on a slope, and black and white.

/** @param seed the remainder of seed / 3 says which kind */
export function madeImage(height: number, width: number, seed: number): Image {
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < data.length; i++) data[i] = seed % 3 === 1 ? edges(i, seed) : noise(i, seed);
  return { height, width, data };
}

function edges(i: number, seed: number): number {
  return (Math.floor(i / 7) + ((i * i) % 251) * (Math.floor(i / 64) % 2) + seed) % 256;
}

function noise(i: number, seed: number): number {
  let value = (Math.imul(i, 2_654_435_761) + Math.imul(seed, 40_503)) >>> 0;
  value = Math.imul(value ^ (value >>> 15), 2_246_822_519) >>> 0;
  value = ((value ^ (value >>> 13)) >>> 16) & 255;
  if (seed % 3 === 0) return value;
  return value < 128 ? 0 : 255;
}
