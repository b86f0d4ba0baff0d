/** What an embedder makes of its options. */
import { type Settled, settle } from '../../base/index.js';
import { EngineError } from '../contract/engine-error.js';
import { type EmbedderOptions, embedderFields } from '../options/index.js';

/** More threads than any machine has cores. Each takes some 150 MB. */
const MAX_THREADS = 1024;
/** Images at once. A larger number is probably a typing mistake. */
const MAX_BATCH = 65_536;

/** `EmbedderOptions` with their defaults. */
export interface EmbedderSettings
  extends Omit<Settled<typeof embedderFields>, 'batch' | 'threads' | 'device' | 'onNotice'> {
  batch: number | null;
  threads: number | null;
  device: string | null;
  notice(text: string): void;
}

/** @throws EngineError `BAD_OPTION`; CodedError `OPTION_UNKNOWN` */
export function checkOptions(options: EmbedderOptions): EmbedderSettings {
  const { batch, threads, device, onNotice, ...settled } = settle('Embedder', options, embedderFields);
  return {
    ...settled,
    batch: batch === undefined ? null : wholeNumber('batch', batch, 1, MAX_BATCH),
    threads: threads === undefined ? null : wholeNumber('threads', threads, 0, MAX_THREADS),
    device: device ?? null,
    notice: onNotice ?? (() => {}),
  };
}

function wholeNumber(option: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new EngineError('BAD_OPTION', `${option} is ${value}, a whole number from ${least} to ${most} is needed`);
}
