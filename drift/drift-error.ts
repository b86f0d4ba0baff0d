import { CodedError } from '../base/index.js';

/** Numbers from which drift cannot be computed, an unusable profile, or two things that do not fit together. */
export class DriftError extends CodedError {
  override readonly name = 'DriftError';
}

/** Formats counts and row numbers for people: `12,345`. */
export function grouped(count: number): string {
  return count.toLocaleString('en');
}
