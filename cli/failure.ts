/** What a person or a program is told when a command fails, and the exit code that goes with it. */
import { CodedError } from '../errors/index.js';
import { style } from './style.js';

/** A bug: anything that is no `CodedError`. */
const BUG_EXIT_CODE = 1;

/** Writes to stderr; gives the exit code. */
export function reportFailure(error: unknown, { json, verbose }: { json: boolean; verbose: boolean }): number {
  const coded = error instanceof CodedError ? error : null;
  const message = error instanceof Error ? error.message : String(error);
  const hint = coded ? coded.hint : 'This is a bug in image-drift. Run again with --verbose and report what it prints.';
  if (json) {
    process.stderr.write(`${JSON.stringify({ error: { code: coded?.code ?? 'INTERNAL', message, hint } })}\n`);
  } else {
    const label = style(process.stderr, 'red', coded ? `error ${coded.code}` : 'unexpected error');
    process.stderr.write(`${label}: ${message}\n${hint ? `${hint}\n` : ''}`);
  }
  if (verbose && error instanceof Error) process.stderr.write(`${stacks(error)}\n`);
  return coded?.exitCode ?? BUG_EXIT_CODE;
}

function stacks(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\ncaused by ${stacks(error.cause)}` : own;
}
