import { loadAssets, sha256Of } from '#platform';
import type { DecodeOptions, RangeOption } from '../../options/index.js';
import { type CorruptionName, corruptBatch } from '../corrupt/corruptions.js';
import { type DecodedImage, decodeOpened, type OpenedImage, openImage, timeTaken } from '../decode/index.js';
import { type PixelBatch, withChannels } from '../pixel-batch.js';
import { arePrepared, checkImageSize, prepareBatch, prepareImage, type SizeRule } from '../resize/prepare.js';
import { readImageFile } from '../sources/folder.js';
import { type ImageLook, imageLooks, lookLists } from '../statistics/looks.js';
import { statisticsColumns } from '../statistics/statistics.js';

/**
 * What is done with every image file. All of it is plain data, which threads can be sent.
 *
 * @example
 * ```ts
 * import { ImagePool, type ReadySettings } from 'image-drift/data';
 *
 * const settings: ReadySettings = { rule: { size: [224, 224], resize: 256, crop: [224, 224] }, statistics: true };
 * const pool = new ImagePool(settings);
 * await pool.close();
 * ```
 */
export interface ReadySettings extends DecodeOptions, RangeOption {
  /** Resize and crop. Default: the size stays. */
  rule?: SizeRule | undefined;
  /** Channels of the result: 3, the default, or 1 for gray; of arrays also 4. */
  channels?: number | undefined;
  /** Whether the image is measured, before the resize. Default: false. */
  statistics?: boolean | undefined;
  /** Whether the file is described: its length, its hash, when its photograph was taken. Default: false. */
  facts?: boolean | undefined;
  /** Done to the image before it is measured. The seed is that of the whole set. */
  corruption?: { name: CorruptionName; seed: number } | undefined;
}

export interface ImageFile {
  /** The whole file; or its path on this machine, where it is read as soon as it is decoded. */
  bytes: Uint8Array | string;
  where: string;
  /** Number of the image in its set: a corruption draws other numbers for each. Default: 0. */
  row?: number | undefined;
}

/** What is said of a file as it is on the disk. */
export interface FileFacts {
  bytes: number;
  /** In hexadecimal. */
  sha256: string;
  /** When a camera says that it took the photograph, milliseconds since 1970; null where it does not say. */
  taken: number | null;
}

/**
 * An image that is ready for a network. `width`, `height`, `format` and `orientation` are those of the decoded image.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { ImagePool, type ReadyImage } from 'image-drift/data';
 *
 * const pool = new ImagePool({ rule: { size: null, resize: 64, crop: null } });
 * const image: ReadyImage = await pool.ready({ bytes: await readFile('cat.jpg'), where: 'cat.jpg' });
 * console.log(`${image.width}×${image.height} became ${image.pixels.width}×${image.pixels.height}`);
 * await pool.close();
 * ```
 */
export interface ReadyImage extends Omit<DecodedImage, 'data'> {
  /** uint8, `[height, width, channels]`, row-major. */
  pixels: { height: number; width: number; data: Uint8Array };
  /** A value for each of `statisticNames`, in their order; empty where they were not asked for. */
  statistics: Float32Array;
  /** Null where statistics were not asked for. */
  look: ImageLook | null;
  /** What of a file of 16 bits is left without a range: values up to 255, or the upper 8 bits. Null for all others. */
  kept: 'up to 255' | 'upper 8 bits' | null;
  /** Null where they were not asked for. */
  facts: FileFacts | null;
}

export interface ImageRows extends PixelBatch {
  where: string;
  /** Number in the array of the first. */
  firstRow: number;
}

export interface ReadyRows extends Omit<PixelBatch, 'fourth'> {
  /** `[statisticNames, rows]`; empty where they were not asked for. */
  statistics: Float32Array;
  /** `[IMAGE_LOOK_COLUMNS, rows]`; empty where statistics were not asked for. */
  looks: readonly (readonly (string | number)[])[];
}

/** A change that no thread can be sent, because it is code. */
export type ChangePixels = (batch: PixelBatch) => PixelBatch;

/** Called with the bytes of an image's pixels before they are decoded. */
export type BeforePixels = (bytes: number) => void;

/**
 * Decodes an image, applies the corruption and `change`, measures it, and brings it to a network's size and channels.
 * @throws DataError as `decodeImage` and `prepareImage`; FileError where the file is on the disk
 */
export async function readyImage(file: ImageFile, settings: ReadySettings, change?: ChangePixels): Promise<ReadyImage> {
  const opened = await opening(file);
  const fits = change === undefined ? fitting(file, settings) : undefined;
  return finished(opened, await decodeOpened(opened, settings, { lent: false, fits }), file, settings, change);
}

/** What a pixel of 16-bit samples takes while it is decoded. */
const DEEP_BYTES = 16;

/** As `readyImage`, for who is done with one image before the next is asked for: pixels may be lent, as `Decoding` says. */
export async function readyLent(
  file: ImageFile,
  settings: ReadySettings,
  beforePixels: BeforePixels,
): Promise<ReadyImage> {
  const opened = await opening(file);
  const { width, height, isDeep } = opened.header;
  beforePixels((isDeep ? DEEP_BYTES : 3) * width * height);
  const decoded = await decodeOpened(opened, settings, { lent: true, fits: fitting(file, settings) });
  return finished(opened, decoded, file, settings);
}

/** As `readyImage`, of an array's images. @throws DataError as `prepareBatch`; `IMAGES_CHANNELS` */
export function readyRows(rows: ImageRows, settings: ReadySettings, change?: ChangePixels): ReadyRows {
  const { rule, channels = 3, statistics = false } = settings;
  const { where, firstRow, ...batch } = rows;
  const seen = changed(batch, firstRow, settings, change);
  const sized = rule === undefined ? seen : prepareBatch(seen, rule, where);
  const { height, width, data } = withChannels(sized, channels, where);
  return {
    ...{ rows: seen.rows, height, width, data },
    statistics: statistics ? withCutOff(statisticsColumns(seen), batch.cutOffs) : new Float32Array(0),
    looks: statistics ? lookLists(seen) : [],
  };
}

/** Whether `readyRows` leaves the pixels as they are. @throws DataError as `prepareBatch` */
export function areReady(rows: ImageRows, { rule, channels = 3, corruption }: ReadySettings): boolean {
  return corruption === undefined && channels === 3 && (rule === undefined || arePrepared(rows, rule, rows.where));
}

async function opening({ bytes, where }: ImageFile): Promise<OpenedImage> {
  return openImage(typeof bytes === 'string' ? await readImageFile(bytes) : bytes, where);
}

/** Nothing but the rule changes the size of an image. */
function fitting({ where }: ImageFile, { rule }: ReadySettings) {
  return rule && ((size: Pick<DecodedImage, 'height' | 'width'>) => checkImageSize(size, rule, where));
}

function changed(
  batch: PixelBatch,
  firstRow: number,
  { corruption }: ReadySettings,
  change?: ChangePixels,
): PixelBatch {
  const corrupted = corruption
    ? { ...batch, ...corruptBatch(batch, corruption.name, { seed: corruption.seed, firstRow }) }
    : batch;
  return change?.(corrupted) ?? corrupted;
}

function finished(
  opened: OpenedImage,
  { data, ...decoded }: DecodedImage,
  { where, row = 0 }: ImageFile,
  settings: ReadySettings,
  change?: ChangePixels,
): ReadyImage {
  const { rule, channels = 3, statistics = false, facts = false } = settings;
  const { height, width } = decoded;
  const cutOff = decoded.cutOff === null ? undefined : Float32Array.of(decoded.cutOff);
  const seen = changed({ rows: 1, height, width, data }, row, settings, change);
  const sized = rule === undefined ? seen : prepareImage(seen, rule, where);
  return {
    ...decoded,
    pixels: {
      height: sized.height,
      width: sized.width,
      data: withChannels({ ...sized, rows: 1 }, channels, where).data,
    },
    statistics: statistics ? withCutOff(statisticsColumns(seen), cutOff) : new Float32Array(0),
    look: statistics ? imageLooks(seen)[0]! : null,
    kept: settings.range === undefined ? keptOf(opened) : null,
    facts: facts ? factsOf(opened) : null,
  };
}

function withCutOff(statistics: Float32Array, cutOff: Float32Array | undefined): Float32Array {
  if (cutOff === undefined) return statistics;
  const all = new Float32Array(statistics.length + cutOff.length);
  all.set(statistics);
  all.set(cutOff, statistics.length);
  return all;
}

function keptOf({ header: { isDeep, isClipped } }: OpenedImage): ReadyImage['kept'] {
  if (!isDeep) return null;
  return isClipped ? 'up to 255' : 'upper 8 bits';
}

function factsOf({ bytes, header: { exif } }: OpenedImage): FileFacts {
  return { bytes: bytes.byteLength, sha256: sha256Of(bytes), taken: exif ? timeTaken(exif) : null };
}

/** A page has what images need, here and in threads that start later, only after this. */
export async function loadImageKernels(): Promise<void> {
  await Promise.all(['dist/data/images/', 'node_modules/@cwasm/jpeg-turbo/'].map(loadAssets));
}

/** Bytes of a unit: amounts are counted in 32 bits. */
const UNIT = 1024;
/** Places of the whole size, of what is free, and of what the first thread holds. */
const [SIZE, FREE, FIRST] = [0, 1, 2];

/** Limits what all threads of a pool hold together, in memory that they share; where they can't, what each holds. A thread holds one amount at a time. */
export class SharedRoom {
  readonly #places: Int32Array;

  constructor(readonly buffer: ArrayBufferLike) {
    this.#places = new Int32Array(buffer);
  }

  static of(bytes: number, threads: number): SharedRoom {
    const Room = typeof SharedArrayBuffer === 'undefined' ? ArrayBuffer : SharedArrayBuffer;
    const places = new Int32Array(new Room(4 * (FIRST! + threads)));
    places.fill(Math.ceil(bytes / UNIT), SIZE, FIRST);
    return new SharedRoom(places.buffer);
  }

  /** Blocks the thread until there is room for so many bytes; for more than the whole room has, until it is empty. */
  enter(thread: number, bytes: number): void {
    const places = this.#places;
    const needed = Math.min(Math.ceil(bytes / UNIT), places[SIZE!]!);
    for (;;) {
      const free = Atomics.load(places, FREE!);
      if (free < needed) Atomics.wait(places, FREE!, free);
      else if (Atomics.compareExchange(places, FREE!, free, free - needed) === free) break;
    }
    Atomics.store(places, FIRST! + thread, needed);
  }

  leave(thread: number): void {
    const held = Atomics.exchange(this.#places, FIRST! + thread, 0);
    if (held === 0) return;
    Atomics.add(this.#places, FREE!, held);
    Atomics.notify(this.#places, FREE!);
  }
}
