/** What the main thread and the computing thread send each other. */
import { CodedError, type ErrorExitCode } from '../base/index.js';
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

type SentError = Pick<CodedError, 'code' | 'exitCode' | 'program'> & { hint: string | undefined };

interface SentFailure {
  /** Null for a bug. */
  coded: SentError | null;
  message: string;
  stack: string;
}

/** An error loses its class and its code on the way between threads. */
export function sendFailure(error: unknown): SentFailure {
  const coded = codedError(error);
  const shown = coded ?? (error instanceof Error ? error : new Error(String(error)));
  return {
    coded: coded && {
      code: coded.code,
      hint: coded.hint ?? undefined,
      exitCode: coded.exitCode,
      program: coded.program ?? [],
    },
    message: shown.message,
    stack: stacks(shown),
  };
}

export function receiveFailure({ coded, message, stack }: SentFailure): Error {
  const error = coded === null ? new Error(message) : new ReceivedError(message, coded);
  error.stack = stack;
  return error;
}

class ReceivedError extends CodedError {
  override readonly exitCode: ErrorExitCode;

  constructor(message: string, { code, hint, exitCode, program }: SentError) {
    super(code, message, { hint, program });
    this.exitCode = exitCode;
  }
}
