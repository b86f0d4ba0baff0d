/**
 * State of a quickstart's folder: "now", from which the days count back, and the servers it has published to. The
 * journals know each request; the state makes requests the same on the next run.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError, fileError, readSmallText, writeFileAtomically } from '../../files/index.js';
import { QuickstartError } from './quickstart-error.js';

const FILE = 'quickstart.json';
const FORMAT = 'image-drift/quickstart/1';
/** A time, and a few names for each server: far more than anybody has. */
const MAX_BYTES = 2 ** 20;

export interface QuickstartTarget {
  url: string;
  project: string;
  model: string;
}

interface State {
  now: number;
  targets: QuickstartTarget[];
}

export class QuickstartState {
  readonly #path: string;
  readonly #state: State;

  private constructor(path: string, state: State) {
    this.#path = path;
    this.#state = state;
  }

  /**
   * Reads the state, or fixes "now" if there is none yet. @param folder made if it is missing
   * @throws QuickstartError `QUICKSTART_STATE`: events would be published again at other times; FileError
   */
  static async open(folder: string, clock: () => number = Date.now): Promise<QuickstartState> {
    const path = join(folder, FILE);
    await mkdir(folder, { recursive: true }).catch((error: unknown) => {
      throw fileError(folder, error);
    });
    const read = await readState(path);
    const state = new QuickstartState(path, read ?? { now: Math.trunc(clock()), targets: [] });
    if (read === null) await state.#save();
    return state;
  }

  get now(): number {
    return this.#state.now;
  }

  hasBegun(target: QuickstartTarget): boolean {
    const { url, project, model } = target;
    return this.#state.targets.some((one) => one.url === url && one.project === project && one.model === model);
  }

  /** Records the target. Call it before sending the first event there. */
  async begin(target: QuickstartTarget): Promise<void> {
    if (this.hasBegun(target)) return;
    this.#state.targets.push(target);
    await this.#save();
  }

  async #save(): Promise<void> {
    const text = `${JSON.stringify({ format: FORMAT, ...this.#state }, null, 1)}\n`;
    await writeFileAtomically(this.#path, (file) => file.write(new TextEncoder().encode(text)));
  }
}

async function readState(path: string): Promise<State | null> {
  const text = await readSmallText(path, MAX_BYTES, 'the state of a quickstart').catch((error: unknown) => {
    if (error instanceof FileError && error.code === 'FILE_NOT_FOUND') return null;
    throw error;
  });
  if (text === null) return null;
  const state = parseState(text);
  if (state !== null) return state;
  const message = `${path}: is not a state of a quickstart (${FORMAT}), or a damaged one`;
  const hint =
    'It keeps the time from which the days of the events count back. Name another folder with --out to begin anew.';
  throw new QuickstartError('QUICKSTART_STATE', message, { hint });
}

function parseState(text: string): State | null {
  try {
    const { format, now, targets } = JSON.parse(text) as Partial<State> & { format?: unknown };
    if (format !== FORMAT || !Number.isSafeInteger(now) || !Array.isArray(targets)) return null;
    return { now: now as number, targets };
  } catch {
    return null;
  }
}
