import { CodedError } from '../errors/index.js';

/** Numbers that no drift can be computed from, a profile that cannot be used, or two things that do not fit together. */
export class DriftError extends CodedError {
  override readonly name = 'DriftError';
}

/** Counts and row numbers as a person reads them: `12,345`. */
export function grouped(count: number): string {
  return count.toLocaleString('en');
}
