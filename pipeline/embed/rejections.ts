/** Unusable images are a fact about the data: listed beside the events, up to a limit; beyond it the run fails. */
import { bytesOfText, removeFile } from '#platform';
import { CodedError, shown } from '../../base/index.js';
import { DataError, IMAGE_NOT_PINNED, SOURCE_CHANGED } from '../../data/index.js';
import { AtomicFile } from '../../files/index.js';
import type { RejectedImage } from './embed-input.js';

/**
 * How many image files may be unusable: a number, or a share of all of them.
 *
 * @example
 * ```ts
 * import type { MaxRejected } from 'image-drift/pipeline';
 *
 * const strict: MaxRejected = 0;
 * const some: MaxRejected = '2.5%';
 * console.log(strict, some);
 * ```
 */
export type MaxRejected = number | `${number}%`;

export const DEFAULT_MAX_REJECTED: MaxRejected = '1%';

/** The file that lists what was rejected, for events at `out`; there is none where nothing was. */
export function rejectedPath(out: string): string {
  return `${out}.rejected.jsonl`;
}

/** The number of `count` images that may be rejected. @throws DataError `BAD_OPTION` */
export function rejectionLimit(most: MaxRejected, count: number): number {
  const [, share] = /^(\d+(?:\.\d+)?)%$/.exec(String(most)) ?? [];
  if (share !== undefined && Number(share) <= 100) return Math.floor((count * Number(share)) / 100);
  if (typeof most === 'number' && Number.isSafeInteger(most) && most >= 0) return most;
  throw new DataError('BAD_OPTION', `maxRejected ${most}: a whole number of images or a share such as 1% is possible`);
}

/** Errors of a run whose images are not as planned, and of a machine on which no image can be read. */
const OF_THE_RUN: readonly string[] = [
  SOURCE_CHANGED,
  IMAGE_NOT_PINNED,
  'WEBASSEMBLY_MISSING',
  'OUT_OF_MEMORY',
  'OFFLINE',
];

/** Whether an image is bad for good. A failing disk may be tried again; so may an image that is not as planned. */
export function isRejection(error: unknown): error is CodedError {
  return error instanceof CodedError && error.exitCode === 4 && !OF_THE_RUN.includes(error.code);
}

export class Rejections {
  count = 0;
  #first: RejectedImage | null = null;
  readonly #file: AtomicFile;
  readonly #of: { where: string; images: number };
  /** Null where whoever has all of the images judges them. */
  readonly #most: MaxRejected | null;

  private constructor(file: AtomicFile, of: { where: string; images: number }, most: MaxRejected | null) {
    this.#file = file;
    this.#of = of;
    this.#most = most;
  }

  /** @param images how many there are in all @throws DataError `BAD_OPTION`; FileError */
  static async open(out: string, where: string, images: number, most: MaxRejected | null): Promise<Rejections> {
    if (most !== null) rejectionLimit(most, images);
    return new Rejections(await AtomicFile.create(rejectedPath(out)), { where, images }, most);
  }

  /** @throws DataError `IMAGES_REJECTED` for one more than may be; the list is there nonetheless */
  async add(image: RejectedImage): Promise<void> {
    this.count++;
    this.#first ??= image;
    const { key, code, message } = image;
    await this.#file.write(bytesOfText(`${JSON.stringify({ key, code, message })}\n`));
    const most = this.#most;
    if (most !== null && this.count > rejectionLimit(most, this.#of.images)) throw await this.#tooMany(most);
  }

  /** After all images. @throws DataError `IMAGES_REJECTED` where none is left */
  async judge(): Promise<void> {
    if (this.#most !== null && this.count === this.#of.images) throw await this.#tooMany(this.#most);
  }

  /** Gives the list its name. An empty one is left out, and that of an earlier run goes; a shard always has one. */
  async commit(): Promise<void> {
    if (this.count > 0 || this.#most === null) return this.#file.commit();
    await this.#file.discard();
    await removeFile(this.#file.path);
  }

  /** Has no effect once the list has its name. */
  async discard(): Promise<void> {
    await this.#file.discard();
  }

  async #tooMany(most: MaxRejected): Promise<DataError> {
    await this.#file.commit();
    return tooManyRejected({ ...this.#of, rejected: this.count, first: this.#first! }, most, this.#file.path);
  }
}

/** @param list the file that names them all */
export function tooManyRejected(
  {
    where,
    rejected,
    images,
    first,
  }: { where: string; rejected: number; images: number; first: Pick<RejectedImage, 'message' | 'hint'> },
  most: MaxRejected,
  list: string,
): DataError {
  const limit = rejectionLimit(most, images).toLocaleString('en');
  const allowed = typeof most === 'number' ? limit : `${limit} (${most})`;
  const [found, all] = [rejected.toLocaleString('en'), images.toLocaleString('en')];
  const message = `${shown(where)}: ${found} of ${all} images cannot be used, at most ${allowed} may be; the first: ${first.message}`;
  const hint = `${first.hint === null ? '' : `${first.hint} `}All of them so far are in ${shown(list)}; --max-rejected allows more.`;
  return new DataError('IMAGES_REJECTED', message, { hint });
}
