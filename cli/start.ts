/** Turns what goes wrong into words and an exit code, also while the program loads (few descriptors or memory). */
import { reportFailure } from './failure.js';

const argv = process.argv.slice(2);

function fail(error: unknown): number {
  return reportFailure(error, argv);
}

/** `exit` runs the clean-up of half-written outputs, which a plain signal, the second of two, would skip. */
function exitOnSignals(): void {
  process.on('SIGINT', () => process.exit(130));
  process.on('SIGTERM', () => process.exit(143));
  process.on('SIGHUP', () => process.exit(129));
  // Windows has no SIGTERM: Ctrl-Break, and the closing of a console, which comes as SIGHUP.
  if (process.platform === 'win32') process.on('SIGBREAK', () => process.exit(149));
}

/** `image-drift … | head` ends the pipe early: no error of ours. A full disk behind `>` is one. */
function watchStandardStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.exit(fail(Object.assign(error, { path: 'standard output' })));
  });
  // Nobody is left to be told.
  process.stderr.on('error', () => {});
}

exitOnSignals();
watchStandardStreams();
process.on('uncaughtException', (error) => process.exit(fail(error)));
try {
  const { program } = await import('./program.js');
  await program(argv);
} catch (error) {
  process.exitCode = fail(error);
}
