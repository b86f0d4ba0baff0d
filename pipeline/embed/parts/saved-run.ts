/**
 * A run that saves what it has finished, so that the same command goes on after a kill, a power cut or a full disk.
 * Records are kept in parts beside the output, in order. A run that goes on takes these records first and then makes
 * the others, so its consumer sees the same records as in an undisturbed run. A record is anything that
 * `structuredClone` takes.
 */

import { printable, shown } from '../../../base/index.js';
import { FileError, type LockOwner } from '../../../files/system/index.js';
import {
  difference,
  identitySha256,
  type Part,
  PartRecords,
  PartsFolder,
  type RunIdentity,
  readPart,
  writePart,
} from './parts-folder.js';

/** A part is saved once it has so many bytes, however soon that is: they are in memory until then. */
const PART_BYTES = 2 ** 25;

export interface SavedRunOptions {
  /** Seconds between two parts; 0: none are saved. */
  every: number;
  /** Whether the same input can be had again. Otherwise nothing is saved, and a run that would have saved says so. */
  isRepeatable: boolean;
  count: number;
  /** Called when it is needed: it may take a while. */
  identity(): Promise<RunIdentity>;
  onNotice?: ((text: string) => void) | undefined;
  /** Called with the images that are finished and saved, and the folder that they are in. */
  onSaved?: ((images: number, folder: string) => void) | undefined;
}

export interface StampedImage {
  key: string;
  stamp: string | null;
}

export class SavedRun<T> {
  /** Images that are finished: taken from parts, or saved. */
  images = 0;
  readonly #folder: PartsFolder;
  readonly #options: SavedRunOptions;
  #parts = 0;
  readonly #pending = new PartRecords();
  #stamps: (string | null)[] = [];
  #seen = 0;
  #lastSaved = performance.now();
  #isSaving: boolean;
  /** Whether the folder holds nothing but this run's parts. */
  #isOwn = false;
  /** sha256 of the identity, once it is known that the folder is this run's. */
  #run: string | null = null;

  private constructor(folder: PartsFolder, options: SavedRunOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#isSaving = options.every > 0;
  }

  /** @throws FileError `PARTS_FOLDER`; `OUT_IN_USE` if another run saves its parts there */
  static async open<T>(out: string, options: SavedRunOptions): Promise<SavedRun<T>> {
    const run = new SavedRun<T>(new PartsFolder(out), options);
    try {
      if (await run.#folder.exists()) await run.#takeFolder();
      return run;
    } catch (error) {
      await run.close();
      throw error;
    }
  }

  /**
   * The records that are finished, in order.
   * @param now the input's images, in order, as far as it knows when they change; parts from the first changed one on
   *   are made again
   */
  async *finished(now: AsyncIterable<StampedImage>): AsyncIterable<T> {
    if (this.#run === null) return;
    const images = now[Symbol.asyncIterator]();
    let unknown = 0;
    try {
      while (true) {
        const part = await readPart<T>(this.#folder.partPath(this.#parts + 1), this.#run, this.images);
        if (part === null) break;
        const wrong = typeof part === 'string' ? part : await changeIn(part, images);
        if (wrong !== null || typeof part === 'string') {
          this.#tell(`${wrong}. Images from ${(this.images + 1).toLocaleString('en')} on are made again.`);
          break;
        }
        unknown += part.stamps.filter((stamp) => stamp === null).length;
        yield* part.records;
        this.#parts++;
        this.images = part.to;
      }
    } finally {
      await images.return?.();
    }
    if (this.images === 0) return;
    const [done, all] = [this.images.toLocaleString('en'), this.#options.count.toLocaleString('en')];
    this.#tell(`${this.#folder.path}: ${done} of ${all} images were finished before; this run goes on from there.`);
    if (unknown > 0) {
      const images = unknown.toLocaleString('en');
      this.#tell(`Whether ${images} of them have changed since is not known; they are taken as they were.`);
    }
    this.#options.onSaved?.(this.images, this.#folder.path);
    this.#lastSaved = performance.now();
  }

  /** @param record gives it if needed @param seen images up to its end @param stamps of images since the one before */
  async add(record: () => T, seen: number, stamps: readonly (string | null)[]): Promise<void> {
    if (!this.#isSaving) return;
    if (!this.#options.isRepeatable) return this.#tellUnsaved();
    this.#pending.append(record());
    for (const stamp of stamps) this.#stamps.push(stamp);
    this.#seen = seen;
    if (this.#isDue || this.#pending.byteLength >= PART_BYTES) await this.#save();
  }

  /** @throws FileError `OUT_IN_USE` if another run took the lock over while this one slept */
  check(): void {
    this.#folder.check();
  }

  /** The output is in place: nothing is needed any more. */
  async remove(): Promise<void> {
    this.#isSaving = false;
    await this.#folder.remove();
  }

  async close(): Promise<void> {
    await this.#folder.release();
  }

  get #isDue(): boolean {
    return performance.now() - this.#lastSaved >= 1000 * this.#options.every;
  }

  #tellUnsaved(): void {
    if (!this.#isDue) return;
    this.#isSaving = false;
    this.#tell('Images from stdin cannot be read again: if this run is cut off, it begins anew.');
  }

  async #takeFolder(): Promise<void> {
    await this.#folder.lock((owner, milliseconds) => this.#tellWait(owner, milliseconds));
    if (!(await this.#folder.hasParts())) return;
    const { identity, isRepeatable } = this.#options;
    const [was, is] = [await this.#folder.run(), await identity()];
    const differs =
      was === null ? 'it does not say of which run it is' : isRepeatable ? difference(was, is) : 'input from stdin';
    if (differs === null) this.#run = identitySha256(is);
    else this.#tell(`${this.#folder.path}: what is finished there is not taken (${differs}). This run begins anew.`);
  }

  /** A run that cannot save goes on: what it is for is the output. */
  async #save(): Promise<void> {
    this.#folder.check();
    try {
      this.#run = await this.#ownFolder();
      const header = { run: this.#run, from: this.images, to: this.#seen };
      await writePart(this.#folder.partPath(this.#parts + 1), header, this.#stamps, this.#pending);
      this.#parts++;
      this.images = this.#seen;
      this.#options.onSaved?.(this.images, this.#folder.path);
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#isSaving = false;
      this.#tell(`From here on nothing is saved on the way: ${error.message}`);
    }
    this.#pending.clear();
    this.#stamps = [];
    this.#lastSaved = performance.now();
  }

  /** Before the first part is saved: the folder is this run's, and has only those parts that were taken. */
  async #ownFolder(): Promise<string> {
    if (this.#isOwn && this.#run !== null) return this.#run;
    await this.#folder.lock((owner, milliseconds) => this.#tellWait(owner, milliseconds));
    await this.#folder.removeParts(this.#parts);
    const identity = await this.#options.identity();
    if (this.#run === null) await this.#folder.writeRun(identity);
    this.#isOwn = true;
    return identitySha256(identity);
  }

  #tell(text: string): void {
    this.#options.onNotice?.(text);
  }

  #tellWait({ pid, host }: LockOwner, milliseconds: number): void {
    const who = `process ${pid} on ${printable(host)}`;
    this.#tell(
      `${this.#folder.path}: was in use by ${who}; waiting up to ${milliseconds / 1000} s for a sign of life.`,
    );
  }
}

async function changeIn(part: Part<unknown>, images: AsyncIterator<StampedImage>): Promise<string | null> {
  for (const stamp of part.stamps) {
    const { done, value } = await images.next();
    if (done === true) return 'the input has fewer images than before';
    if (value.stamp !== stamp) return `${shown(value.key)} has changed since it was embedded`;
  }
  return null;
}
