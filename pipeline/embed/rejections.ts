/**
 * Images that cannot be used are a fact about the data. They are listed in a file beside the events, up to a limit;
 * beyond it the run ends without events.
 */
import { DataError } from '../../data/index.js';
import { CodedError, shown } from '../../errors/index.js';
import { AtomicFile } from '../../files/index.js';
import type { RejectedImage } from './embed-input.js';

/**
 * How many image files may be unusable: a number, or a share of all of them.
 *
 * @example
 * ```ts
 * import type { MaxRejected } from 'image-drift';
 *
 * const strict: MaxRejected = 0;
 * const some: MaxRejected = '2.5%';
 * console.log(strict, some);
 * ```
 */
export type MaxRejected = number | `${number}%`;

export const DEFAULT_MAX_REJECTED: MaxRejected = '1%';

/** The file that lists what was rejected, for events at `out`. */
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

/** Whether an error says that an image is bad for good. A disk that fails is another matter: it may be tried again. */
export function isRejection(error: unknown): error is CodedError {
  return error instanceof CodedError && error.exitCode === 4;
}

export class Rejections {
  count = 0;
  #first: RejectedImage | null = null;
  readonly #file: AtomicFile;
  readonly #where: string;
  readonly #images: number;
  readonly #most: MaxRejected;

  private constructor(file: AtomicFile, where: string, images: number, most: MaxRejected) {
    this.#file = file;
    this.#where = where;
    this.#images = images;
    this.#most = most;
  }

  /**
   * @param images how many there are in all
   * @throws DataError `BAD_OPTION`; FileError
   */
  static async open(out: string, where: string, images: number, most: MaxRejected): Promise<Rejections> {
    rejectionLimit(most, images);
    return new Rejections(await AtomicFile.create(rejectedPath(out)), where, images, most);
  }

  /** @throws DataError `IMAGES_REJECTED` for one more than may be; the list is there nonetheless */
  async add(image: RejectedImage): Promise<void> {
    this.count++;
    this.#first ??= image;
    const { key, code, message } = image;
    await this.#file.write(Buffer.from(`${JSON.stringify({ key, code, message })}\n`));
    if (this.count > rejectionLimit(this.#most, this.#images)) throw await this.#tooMany();
  }

  /** Gives the list its name. @throws DataError `IMAGES_REJECTED` where no image is left */
  async commit(): Promise<void> {
    if (this.count === this.#images) throw await this.#tooMany();
    await this.#file.commit();
  }

  /** Has no effect once the list has its name. */
  async discard(): Promise<void> {
    await this.#file.discard();
  }

  async #tooMany(): Promise<DataError> {
    await this.#file.commit();
    const { message, hint } = this.#first!;
    const [rejected, images] = [this.count.toLocaleString('en'), this.#images.toLocaleString('en')];
    const limit = rejectionLimit(this.#most, this.#images).toLocaleString('en');
    const allowed = typeof this.#most === 'number' ? limit : `${limit} (${this.#most})`;
    const error = new DataError(
      'IMAGES_REJECTED',
      `${shown(this.#where)}: ${rejected} of ${images} images cannot be used, at most ${allowed} may be; the first: ${message}`,
      {
        hint: `${hint === null ? '' : `${hint} `}All of them so far are in ${shown(this.#file.path)}; --max-rejected allows more.`,
      },
    );
    return error;
  }
}
