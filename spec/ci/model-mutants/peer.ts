/** A program that computes mutants as the library of their format does. One that dies or hangs is started anew for the next. */
import { LineProcess } from '../../support/line-process.js';

/** Null stands for what JSON has no number for. */
export type Numbers = readonly (number | null)[];
export type PeerAnswer = { outputs: Record<string, Numbers> } | { refused: string } | { ended: true };

const MAX_MS = 120_000;
const MAX_START_MS = 900_000;
export class Peer {
  readonly #command: readonly string[];
  #process: LineProcess | null = null;

  constructor(...command: readonly string[]) {
    this.#command = command;
  }

  async ask(question: object): Promise<PeerAnswer> {
    this.#process ??= await this.#started();
    const line = await this.#process.ask(JSON.stringify(question), MAX_MS);
    if (line !== null) return JSON.parse(line) as PeerAnswer;
    this.close();
    return { ended: true };
  }

  close(): void {
    this.#process?.kill();
    this.#process = null;
  }

  /** Its libraries are loaded when it says its first line. That may take minutes where other work keeps the machine busy. */
  async #started(): Promise<LineProcess> {
    const started = new LineProcess(this.#command);
    if ((await started.next(MAX_START_MS)) !== null) return started;
    started.kill();
    throw new Error(`${this.#command.join(' ')} did not start in ${MAX_START_MS / 1000} s: ${started.said}`);
  }
}
