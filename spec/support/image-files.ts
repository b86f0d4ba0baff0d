import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encode as encodeJpeg } from 'jpeg-js';
import { pngFile } from '../../data/images/decode/png/encode-png.js';
import {
  encodePng,
  type Image,
  type ImageEntry,
  type ImageListing,
  imagesOf,
  openImages,
  type RemoteFiles,
} from '../../data/index.js';
import type { Values } from '../../graph/operations/operation.js';
import { pixels } from './npz-file.js';
import { fixtures, packageRoot } from './places.js';

/** A PNG of RGB pixels, `[height, width, 3]`. */
export function png(height: number, width: number, data: Uint8Array): Buffer {
  return encodePng({ height, width, data }) as Buffer;
}

/** A square PNG in gray of 16 bits. */
export function grayPng16(side: number): Buffer {
  return pngFile(
    { width: side, height: side, depth: 16, colour: 0 },
    new Uint8Array(2 * side * side).fill(100),
  ) as Buffer;
}

export function jpeg({ height, width, data }: Image, quality = 90): Buffer {
  const rgba = Buffer.alloc(height * width * 4, 255);
  for (let i = 0; i < height * width; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  return Buffer.from(encodeJpeg({ height, width, data: rgba }, quality).data);
}

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

export function fixtureImages(count: number, side: number): Values {
  return tfjsImages(count, [side, side, 3]);
}

/** The same of any size, as make_models.mjs gives them to TensorFlow.js. @param size `[height, width, channels]` */
export function tfjsImages(count: number, [height, width, channels]: readonly [number, number, number]): Values {
  const plane = height * width;
  const data = new Float64Array(count * channels * plane);
  for (let n = 0; n < count; n++) {
    for (let pixel = 0; pixel < plane * channels; pixel++) {
      const byte = (pixel * 7919 + n * 104_729 + Math.floor(pixel / 13)) % 256;
      const [channel, place] = [pixel % channels, Math.floor(pixel / channels)];
      data[(n * channels + channel) * plane + place] = (byte / 255 - 0.5) / 0.5;
    }
  }
  return { shape: [count, channels, height, width], data };
}

export const tfjsFolder = join(fixtures, 'convert', 'tfjs');

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

// Schemas of parquet files with images in them, for hyparquet-writer.

const OPTIONAL = { repetition_type: 'OPTIONAL' };
/** Hugging Face's struct of bytes and path, and a label. */
const IMAGE_AND_LABEL = [
  { name: 'image', num_children: 2, ...OPTIONAL },
  { name: 'bytes', type: 'BYTE_ARRAY', ...OPTIONAL },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', ...OPTIONAL },
  { name: 'label', type: 'INT64', ...OPTIONAL },
];

/** @param texts names of columns of text behind image and label */
export function imageSchema(...texts: readonly string[]) {
  return [
    { name: 'root', num_children: 2 + texts.length },
    ...IMAGE_AND_LABEL,
    ...texts.map((name) => ({ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', ...OPTIONAL })),
  ] as never;
}

/** All that a listing says, so that two are compared. It is closed. */
export async function told(listing: ImageListing) {
  const { where, name, count, labels, columns, origin, notices } = listing;
  const entries: unknown[] = [];
  for await (const { key, label, values, modified, stamp, pin } of listing.entries()) {
    const time = await modified().catch((error: Error) => error.message);
    entries.push([key, label, values, time, await stamp(), await pinned(pin)]);
  }
  const later: unknown[] = [];
  for await (const { key, pin } of listing.entries(2)) later.push([key, await pinned(pin)]);
  await listing.close();
  return { where, name, count, labels, columns, origin, notices, entries, later };
}

async function pinned(pin: ImageEntry['pin']) {
  const found = await pin();
  return found instanceof Error ? found.message : found;
}

/** Images of made pixels, each a row of an array and a png file. */
export function rowImages(rows: number, side: number) {
  const data = pixels(rows, side);
  const bytes = side * side * 3;
  return { data, image: (row: number) => png(side, side, data.subarray(row * bytes, (row + 1) * bytes)) };
}

/** Objects of a bucket, with their keys as their contents; two a page. `listings` are the URLs that were asked for. */
export function bucket(...keys: string[]): { remote: RemoteFiles; listings: string[] } {
  const listings: string[] = [];
  const list = async (url: string) => {
    listings.push(url);
    const begin = url.replace('s3://b/', '');
    const found = keys.filter((key) => key.startsWith(begin)).map((key) => key.slice(begin.length));
    return found.map((key, i) => ({ key, modified: i, stamp: i === 1 ? null : `v${i}`, bytes: i }));
  };
  const remote: RemoteFiles = {
    ready: async () => {},
    read: async (url) => Buffer.from(url),
    open: () => Promise.reject(new Error('nothing to open')),
    list,
    async *names(url) {
      const all = await list(url);
      for (let first = 0; first < all.length; first += 2) yield all.slice(first, first + 2);
    },
  };
  return { remote, listings };
}
