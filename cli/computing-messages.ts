/** What the main thread and the computing thread send each other. */
import { CodedError, type ErrorExitCode } from '../errors/index.js';
import { codedError, stacks } from './failure.js';

/** What the thread is started with. */
export interface ComputingSetting {
  offline: boolean;
}

export interface ComputingRequest {
  name: string;
  args: readonly unknown[];
}

export type ComputingReply = { result: unknown } | { failure: SentFailure };

interface SentFailure {
  /** Null for a bug. */
  coded: { code: string; hint: string | undefined; exitCode: ErrorExitCode } | null;
  message: string;
  stack: string;
}

/** An error loses its class and its code on the way between threads. */
export function sendFailure(error: unknown): SentFailure {
  const coded = codedError(error);
  const shown = coded ?? (error instanceof Error ? error : new Error(String(error)));
  return {
    coded: coded && { code: coded.code, hint: coded.hint ?? undefined, exitCode: coded.exitCode },
    message: shown.message,
    stack: stacks(shown),
  };
}

export function receiveFailure({ coded, message, stack }: SentFailure): Error {
  const error =
    coded === null ? new Error(message) : new ReceivedError(coded.code, message, coded.hint, coded.exitCode);
  error.stack = stack;
  return error;
}

class ReceivedError extends CodedError {
  override readonly exitCode: ErrorExitCode;

  constructor(code: string, message: string, hint: string | undefined, exitCode: ErrorExitCode) {
    super(code, message, { hint });
    this.exitCode = exitCode;
  }
}
