/** What is in a set of image files: how many there are, and what the first ones are like. */

import { CodedError } from '../../base/index.js';
import {
  type CarriedColumn,
  entryPlace,
  type ImageEntry,
  type ImageListing,
  imageHeader,
  openListing,
} from '../../data/index.js';
import { isRejection } from '../embed/rejections.js';
import { remoteFiles } from '../embed/remote-files.js';

export interface ImagesInspection {
  kind: 'images';
  images: number;
  /** Images that were opened: the first ones, and what follows is about them. */
  opened: number;
  /** How many have each format; images that cannot be used have none. */
  formats: Readonly<Record<string, number>>;
  /** Smallest and largest, pixels; null where no image could be opened. */
  height: readonly [number, number] | null;
  width: readonly [number, number] | null;
  /** Images with an EXIF orientation. */
  turned: number;
  /** Images of gray with more than 8 bits, which is cut off at 255. */
  clipped: number;
  /** The first image that cannot be used, and why; null for none. */
  problem: string | null;
  /** Columns that are carried along, and their types. */
  carried: readonly CarriedColumn[];
  notices: readonly string[];
}

/** Enough to show what is there. */
const OPENED = 100;

/** @param cache folder in which files of URLs are kept. @throws as `openListing` */
export async function inspectImages(path: string, cache?: string): Promise<ImagesInspection> {
  const remote = remoteFiles({ cache });
  try {
    const listing = await openListing([path], { remote });
    try {
      return await look(listing);
    } finally {
      await listing.close();
    }
  } finally {
    await remote.close();
  }
}

async function look(listing: ImageListing): Promise<ImagesInspection> {
  const formats: Record<string, number> = {};
  const [heights, widths]: [number[], number[]] = [[], []];
  let [opened, turned, clipped] = [0, 0, 0];
  let problem: string | null = null;
  for await (const entry of listing.entries()) {
    if (opened === OPENED) break;
    opened++;
    const header = await headerOf(listing, entry);
    if (header instanceof CodedError) problem ??= header.message;
    else {
      formats[header.format] = (formats[header.format] ?? 0) + 1;
      heights.push(header.height);
      widths.push(header.width);
      if (header.orientation !== 1) turned++;
      if (header.isClipped) clipped++;
    }
  }
  const { count: images, columns: carried, notices } = listing;
  const [height, width] = [range(heights), range(widths)];
  return { kind: 'images', images, opened, formats, height, width, turned, clipped, problem, carried, notices };
}

async function headerOf(listing: ImageListing, entry: ImageEntry) {
  try {
    return imageHeader(await entry.read(), entryPlace(listing, entry));
  } catch (error) {
    if (isRejection(error)) return error;
    throw error;
  }
}

function range(values: readonly number[]): [number, number] | null {
  return values.length === 0 ? null : [Math.min(...values), Math.max(...values)];
}
