/** What a page is told of the machine, and what it has not. */
import type { Machine, Told } from '../platform.js';

interface Navigator {
  hardwareConcurrency?: number;
  deviceMemory?: number;
  userAgent?: string;
}

const { navigator = {} } = globalThis as unknown as { navigator?: Navigator };

export function cores(): number {
  return navigator.hardwareConcurrency ?? 1;
}

export function machine(): Machine {
  const runtime = navigator.userAgent ?? 'a browser';
  return { system: 'browser', processor: `${cores()} cores`, runtime, identity: [runtime, cores()] };
}

const GIBIBYTE = 2 ** 30;
/** Half of what the machine has, of which a page is told no more than 8 GiB. */
export function freeMemory(): number {
  return ((navigator.deviceMemory ?? 4) * GIBIBYTE) / 2;
}

export function roomInContainer(): number {
  return Number.POSITIVE_INFINITY;
}

export async function writeZeros(_bytes: Uint8Array): Promise<void> {}

export function tellingOn(_name: string): Told {
  return { hasSubscribers: false, publish() {} };
}

export async function* standardInput(): AsyncGenerator<Uint8Array, void, undefined> {}

// Switches of V8, processes and a cache folder are Node's.

export function v8Version(): string {
  return 'of a browser';
}

export function startFlags(): readonly [arguments: readonly string[], options: string] {
  return [[], ''];
}

export function setV8Flag(_flag: string): void {}

export async function v8Options(): Promise<string | null> {
  return null;
}

export async function isPlainNode(): Promise<boolean> {
  return false;
}

/** Nothing ends it: the page is its user's own. */
export function boundedMatch(expression: RegExp, _milliseconds: number): (text: string) => RegExpExecArray | null {
  return (text) => expression.exec(text);
}

export function collectGarbage(): void {}

export function cacheFolder(): string | null {
  return null;
}

export function readNow(path: string, _most: number): string {
  throw new Error(`A page reads ${path} with a wait.`);
}

export function replaceNow(path: string, _text: string): void {
  throw new Error(`A page has no cache folder for ${path}.`);
}

export const ENDED = 'ended: ';

export interface ApartOptions {
  args?: readonly string[] | undefined;
  execArgv?: readonly string[] | undefined;
  timeout?: number | undefined;
  readsInput?: boolean | undefined;
}

export class Apart {
  constructor(script: URL, _options?: ApartOptions) {
    throw new Error(`A page starts no process of ${script.href}.`);
  }

  async answer<Answer>(_question?: object): Promise<Answer> {
    throw new Error('A page has no processes.');
  }

  async close(): Promise<void> {}
}
