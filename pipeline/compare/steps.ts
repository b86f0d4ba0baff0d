/** Skips steps whose inputs and outputs are unchanged, by their hashes. Losing the file costs time, never a result. */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { readSmallText, sha256OfFile, writeFileAtomically } from '../../files/index.js';

/**
 * Runs a step, or returns its earlier result. @param inputs all that the outputs depend on, as JSON
 * @param outputs files and folders that it makes @param run does the step; its result must survive JSON
 */
export type Step = <T>(name: string, inputs: unknown, outputs: readonly string[], run: () => Promise<T>) => Promise<T>;

export const everyStep: Step = (_name, _inputs, _outputs, run) => run();

const FILE = 'steps.json';
const FORMAT = 'image-drift/steps/1';
/** A dozen steps, each with its result: the largest is a drift report of some 100 kB. */
const MAX_BYTES = 64 * 2 ** 20;

interface DoneStep {
  inputs: string;
  /** sha256 by path within the folder. */
  outputs: Record<string, string>;
  result: unknown;
}

export class RememberedSteps {
  readonly skipped: string[] = [];
  readonly #folder: string;
  readonly #done: Record<string, DoneStep>;

  private constructor(folder: string, done: Record<string, DoneStep>) {
    this.#folder = folder;
    this.#done = done;
  }

  static async open(folder: string): Promise<RememberedSteps> {
    return new RememberedSteps(folder, await readSteps(join(folder, FILE)));
  }

  /** Whether the step was done with other inputs. */
  hasOther(name: string, inputs: unknown): boolean {
    const before = this.#done[name];
    return before !== undefined && before.inputs !== sha256(JSON.stringify(inputs));
  }

  readonly step: Step = async (name, inputs, outputs, run) => {
    const key = sha256(JSON.stringify(inputs));
    const before = this.#done[name];
    if (before?.inputs === key && (await this.#areThere(before.outputs, outputs))) {
      this.skipped.push(name);
      return before.result as Awaited<ReturnType<typeof run>>;
    }
    const result = await run();
    this.#done[name] = { inputs: key, outputs: await this.#fingerprints(outputs), result };
    await this.#save();
    return result;
  };

  async #areThere(before: Record<string, string>, outputs: readonly string[]): Promise<boolean> {
    if (Object.keys(before).length !== outputs.length) return false;
    const now = await this.#fingerprints(outputs).catch(() => null);
    return now !== null && Object.entries(now).every(([path, hash]) => before[path] === hash);
  }

  async #fingerprints(outputs: readonly string[]): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const path of outputs) found[relative(this.#folder, path).split(sep).join('/')] = await fingerprint(path);
    return found;
  }

  async #save(): Promise<void> {
    const text = `${JSON.stringify({ format: FORMAT, steps: this.#done }, null, 1)}\n`;
    await writeFileAtomically(join(this.#folder, FILE), (file) => file.write(new TextEncoder().encode(text)));
  }
}

/** The sha256 of a file; for a folder, that of the names and hashes of its contents. */
async function fingerprint(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return sha256OfFile(path);
  const names = (await readdir(path)).sort();
  const parts = await Promise.all(names.map(async (name) => [name, await fingerprint(join(path, name))]));
  return sha256(JSON.stringify(parts));
}

function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Empty if the file is missing, damaged or of another version. */
async function readSteps(path: string): Promise<Record<string, DoneStep>> {
  try {
    const { format, steps } = JSON.parse(await readSmallText(path, MAX_BYTES));
    if (format !== FORMAT || typeof steps !== 'object') return {};
    return Object.fromEntries(Object.entries(steps).filter(([, step]) => isDoneStep(step))) as Record<string, DoneStep>;
  } catch {
    return {};
  }
}

function isDoneStep(step: unknown): step is DoneStep {
  const { inputs, outputs } = (step ?? {}) as Partial<DoneStep>;
  return typeof inputs === 'string' && typeof outputs === 'object' && outputs !== null;
}
