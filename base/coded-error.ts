/**
 * The base class of every error that a user can cause or fix. Any other error is a bug.
 *
 * Each subclass has a file of its own in its room, and sets only the name and the exit code. `code` is stable. It is
 * part of the machine-readable output, and programs should match on it.
 */

/** Process exit status: 2 usage, 4 bad input (permanent), 5 remote refused or unavailable (may be retried). */
export type ErrorExitCode = 2 | 4 | 5;

export interface CodedErrorOptions {
  /** What the user can do about it, as one sentence. */
  hint?: string | undefined;
  /** Lines of a program that the hint speaks about: they are printed below it. */
  program?: readonly string[] | undefined;
  /** The lower-level error, kept for `--verbose`. */
  cause?: unknown;
  /** Default: 2 for wrong usage, else 4: bad input, and trying again does not help. */
  exitCode?: ErrorExitCode | undefined;
}

const CODED: unique symbol = Symbol.for('image-drift.coded-error');

/**
 * The base class of every error that a user can cause or fix. Any other error is a bug.
 *
 * @example
 * ```ts
 * import { CodedError, readProfile } from 'image-drift';
 *
 * try {
 *   await readProfile('not-there.json');
 * } catch (error) {
 *   if (!(error instanceof CodedError)) throw error;
 *   console.error(error.code, error.message, error.hint); // FILE_NOT_FOUND …
 *   const needsToken = ['UNAUTHORIZED', 'FORBIDDEN'].includes(error.code);
 *   console.error(error.exitCode === 5 && !needsToken ? 'try again later' : 'do not retry');
 * }
 * ```
 */
export class CodedError extends Error {
  /** Name of the class, e.g. `DataError`. */
  override readonly name: string = 'CodedError';
  /** Upper snake case, stable over versions, e.g. `NPY_TRUNCATED`. */
  readonly code: string;
  /** What the user can do about it, as one sentence; null if there is no advice. */
  readonly hint: string | null;
  /** Lines of a program that the hint speaks about; usually none. */
  readonly program: readonly string[];
  /** Exit code of the command line: 2 wrong usage, 4 bad input, 5 a remote that may be tried again. */
  readonly exitCode: ErrorExitCode;

  /**
   * @param code stable upper-snake-case code
   * @param message says where, what, and the two values that disagree
   */
  constructor(code: string, message: string, options: CodedErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? null;
    this.program = options.program ?? [];
    this.exitCode = options.exitCode ?? (USAGE_CODES.has(code) ? 2 : 4);
  }

  /** The mark of all copies of this class that a process may have: bundled, not bundled, of another version. */
  get [CODED](): true {
    return true;
  }

  /** True also of instances of another copy. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a subclass has this method, too, and asks for its own instances.
    if (this !== CodedError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === 'object' && value !== null && CODED in value;
  }
}

/**
 * Codes of errors that an argument causes, rather than a file. This is wrong usage wherever it is detected, and the
 * command exits with 2; see docs/exit-codes.md.
 */
const USAGE_CODES: ReadonlySet<string> = new Set([
  ...['BACKBONE_AMBIGUOUS', 'BACKEND_UNKNOWN', 'BAD_OPTION', 'CHECKPOINT_AMBIGUOUS', 'CORRUPTION_UNKNOWN'],
  ...['DRILL_OPTION', 'EVENTS_FORMAT_UNKNOWN', 'EVENTS_TAPS_NEED_NPZ', 'FAULTS_INVALID', 'HEAD_AMBIGUOUS'],
  ...['EVENTS_ONE_CLASS', 'MULTI_LABEL', 'MULTI_LABEL_SOFTMAX', 'SCORES_NOT_SOFTMAX'],
  ...['HEAD_NOT_FOUND', 'IGNORE_NOT_FOUND', 'METHOD_UNKNOWN', 'NO_METHODS', 'OPTION_OUT_OF_RANGE', 'OPTION_UNKNOWN'],
  ...['POOL_MISFIT', 'POOL_NEEDED', 'PREFIX_NOT_FOUND', 'PREPROCESSING_INVALID'],
  ...['SHARD_INDEX', 'SHARD_UNKNOWN', 'TENSORS_LEFT_OUT'],
  ...['THRESHOLD_AMBIGUOUS', 'UNKNOWN_BACKBONE', 'UNKNOWN_TAP', 'WINDOW_LENGTH_UNKNOWN'],
]);

/** An error as it is sent: threads cannot send each other objects of a class. */
export interface SentError {
  /** Null for an error without a code: a bug. */
  coded: { code: string; hint: string | null; program: readonly string[]; exitCode: ErrorExitCode } | null;
  message: string;
  stack: string | undefined;
}

export function sendError(error: unknown): SentError {
  if (!(error instanceof Error)) return { coded: null, message: String(error), stack: undefined };
  const { message, stack } = error;
  if (!(error instanceof CodedError)) return { coded: null, message, stack };
  const { code, hint, program, exitCode } = error;
  return { coded: { code, hint, program, exitCode }, message, stack };
}

export function receiveError({ coded, message, stack }: SentError): Error {
  const error = coded === null ? new Error(message) : new ReceivedError(message, coded);
  if (stack !== undefined) error.stack = stack;
  return error;
}

class ReceivedError extends CodedError {
  constructor(message: string, { code, hint, program, exitCode }: NonNullable<SentError['coded']>) {
    super(code, message, { hint: hint ?? undefined, program, exitCode });
  }
}
