import { CodedError, printable, printableLines } from '../base/index.js';
import { FileError, fileError, isSystemError } from '../files/index.js';
import { isAsJson, wantsJson } from './argv.js';
import { style, withOurCommands } from './output.js';

/** A bug: anything that neither the user nor the machine caused. */
const BUG_EXIT_CODE = 1;

/** Writes to stderr; gives the exit code. @param argv words of the command line */
export function reportFailure(error: unknown, argv: readonly string[]): number {
  const json = isAsJson(error) || wantsJson(argv, process.env);
  const coded = codedError(error);
  const message = coded?.message ?? (error instanceof Error ? error.message : String(error));
  const hint = coded
    ? coded.hint && withOurCommands(coded.hint)
    : 'This is a bug in image-drift. Run again with --verbose and report what it prints.';
  // An error of another copy of the package may be older than this property.
  const program = coded?.program ?? [];
  if (json) {
    const said = program.length === 0 ? hint : [hint, ...program].join('\n');
    const line = JSON.stringify({ error: { code: coded?.code ?? 'INTERNAL', message, hint: said } });
    process.stderr.write(`${printable(line)}\n`);
  } else {
    const label = style(process.stderr, 'red', coded ? `error ${coded.code}` : 'unexpected error');
    process.stderr.write(`${label}: ${printable(message)}\n${hint ? `${printable(hint)}\n` : ''}`);
    for (const line of program) process.stderr.write(`${printable(line)}\n`);
  }
  if (argv.includes('--verbose') && error instanceof Error) process.stderr.write(`${printableLines(stacks(error))}\n`);
  return coded?.exitCode ?? BUG_EXIT_CODE;
}

/** The error itself, or what the machine did as one; null for a bug. */
export function codedError(error: unknown): CodedError | null {
  if (error instanceof CodedError) return error;
  if (isSystemError(error)) return fileError(placeOf(error), error) as FileError;
  if (isOutOfMemory(error)) return outOfMemory(error);
  return isWithoutWebAssembly(error) ? withoutWebAssembly(error) : null;
}

function placeOf({ path, syscall }: { path?: string; syscall: string }): string {
  return path ?? (syscall === 'uv_cwd' ? 'the working directory' : 'a file or pipe of this process');
}

function isWithoutWebAssembly(error: unknown): error is ReferenceError {
  return error instanceof ReferenceError && error.message.includes('WebAssembly');
}

function withoutWebAssembly(cause: ReferenceError): CodedError {
  return new CodedError('WEBASSEMBLY_MISSING', 'this Node runs without WebAssembly, which image-drift needs', {
    hint: 'Leave out --jitless, also in NODE_OPTIONS.',
    cause,
  });
}

/** What V8 says where the system gives no more: array buffers, WebAssembly's memories and its code. */
const OUT_OF_MEMORY = /out of memory|could not allocate memory|array buffer allocation failed|cannot allocate/i;

function isOutOfMemory(error: unknown): error is Error {
  return error instanceof Error && OUT_OF_MEMORY.test(error.message);
}

function outOfMemory(error: Error): FileError {
  return new FileError('OUT_OF_MEMORY', `this process gets no more memory: ${error.message}`, {
    hint: 'Use fewer threads (--threads) or smaller batches (--batch), or allow the process more (ulimit -v, cgroup).',
    cause: error,
    exitCode: 5,
  });
}

export function stacks(error: Error): string {
  const own = error.stack ?? String(error);
  return error.cause instanceof Error ? `${own}\ncaused by ${stacks(error.cause)}` : own;
}
