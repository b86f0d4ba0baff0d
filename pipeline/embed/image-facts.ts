/** What the events say of each image file besides what the network makes of it: its file, time, group, and its row. */
import { createHash } from 'node:crypto';
import {
  type CarriedColumn,
  type CarriedValue,
  DataError,
  IMAGE_FILE_COLUMNS,
  type ImageEntry,
  type ImageListing,
  type ImageLook,
  TIMESTAMP,
} from '../../data/index.js';
import type { EmbedImagesOptions } from '../options/index.js';
import { lookColumns, lookValues } from './change.js';
import type { BatchFacts } from './embed-input.js';
import { groupSource, timeSource } from './fact-sources.js';

const PATH = 'image_path';
const GROUP: CarriedColumn = { name: 'group', type: 'string' };

/** An image file that was read. */
export interface ReadImage {
  entry: ImageEntry;
  bytes: Uint8Array;
  format: string;
  width: number;
  height: number;
  /** EXIF orientation, 1 to 8. */
  orientation: number;
  /** Gray of more than 8 bits. */
  isClipped: boolean;
  /** Null where no statistics are asked for. */
  look: ImageLook | null;
}

/** Said once a run: such a camera makes every image white, and no comparison of white images finds drift. */
const CLIPPED =
  "as with Pillow's convert('RGB'), values over 255 become white. If the model was not trained so, convert the files to 8 bits.";

export interface ImageFacts {
  hasTimestamps: boolean;
  columns: readonly CarriedColumn[];
  /** The time of an image, and a value for each column. */
  of(image: ReadImage): Promise<{ timestamp: number | null; carried: readonly CarriedValue[] }>;
  /** Counts images that an earlier run looked at: what it found is part of the notices. */
  restore(facts: Pick<BatchFacts, 'timestamps' | 'carried' | 'turned' | 'clipped'>): void;
  /** What a person should know, when all images are done. */
  notices(): readonly string[];
}

/** @throws DataError `BAD_OPTION` */
export function imageFacts(listing: ImageListing, options: EmbedImagesOptions): ImageFacts {
  const { timestamp, timestampFrom, groupFrom, redactPaths, orientation } = options;
  if (timestamp !== undefined && timestampFrom !== undefined) {
    throw new DataError('BAD_OPTION', 'timestamp and timestampFrom are both given; one says when images were taken');
  }
  const time = timestampFrom === undefined ? null : timeSource(timestampFrom, listing);
  const group = groupFrom === undefined ? null : groupSource(groupFrom, listing);
  const files = IMAGE_FILE_COLUMNS.map((column, place) => ({ column, place })).filter(
    ({ column }) => !(redactPaths && column.name === PATH),
  );
  // A column that was read as the time or the group is there under that name already.
  const own = listing.columns
    .map((column, place) => ({ column, place }))
    .filter(({ column }) => !(time && column.name === TIMESTAMP) && !(group && column.name === GROUP.name));
  const named = (found: typeof files) => found.map(({ column }) => column);
  const columns = [...named(files), ...lookColumns(options), ...named(own)];
  let [withoutTime, withoutGroup, turned, clipped] = [0, 0, 0, 0];
  return {
    hasTimestamps: timestamp !== undefined || time !== null,
    columns: group === null ? columns : [...columns, GROUP],
    async of(image) {
      const { entry, bytes } = image;
      const taken = time === null ? (timestamp ?? null) : await time({ entry, bytes });
      if (time !== null && taken === null) withoutTime++;
      if (image.orientation !== 1) turned++;
      if (image.isClipped) clipped++;
      const all = fileValues(image);
      const carried = [
        ...files.map(({ place }) => all[place] ?? null),
        ...lookValues(image.look),
        ...own.map(({ place }) => entry.values[place] ?? null),
      ];
      if (group === null) return { timestamp: taken, carried };
      const found = group(entry);
      if (found === null) withoutGroup++;
      return { timestamp: taken, carried: [...carried, found] };
    },
    restore(facts) {
      if (time !== null) withoutTime += nulls(facts.timestamps);
      if (group !== null) withoutGroup += nulls(facts.carried.get(GROUP.name) ?? []);
      turned += facts.turned;
      clipped += facts.clipped;
    },
    notices: () => [
      ...(withoutTime > 0 ? [`${images(withoutTime)} no time from ${timestampFrom}: their timestamp is empty.`] : []),
      ...(withoutGroup > 0 ? [`${images(withoutGroup)} no group from ${groupFrom}: it is empty.`] : []),
      ...(turned > 0 && orientation !== 'apply'
        ? [`${images(turned)} an EXIF orientation, which is ignored; --orientation apply turns them.`]
        : []),
      ...(clipped > 0 ? [`${images(clipped)} gray values of more than 8 bits: ${CLIPPED}`] : []),
    ],
  };
}

function nulls(values: readonly unknown[]): number {
  return values.filter((value) => value === null).length;
}

function images(count: number): string {
  return count === 1 ? '1 image has' : `${count.toLocaleString('en')} images have`;
}

function fileValues({ entry, bytes, format, width, height }: ReadImage): CarriedValue[] {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return [entry.key, width, height, format, bytes.byteLength, sha256];
}
