/** Ctrl-C for commands that talk to a server: the first finishes the current request, the second ends immediately. */
import { say } from './output.js';

export const INTERRUPTED_EXIT_CODE = 130;

/** Replaces the program's own handler. Call it once for each command. */
export function stopOnInterrupt(quiet: boolean): AbortSignal {
  const controller = new AbortController();
  process.removeAllListeners('SIGINT');
  process.once('SIGINT', () => {
    // Uses `on`, because otherwise a third one would kill the ending process and leave half-written files.
    process.on('SIGINT', () => process.exit(INTERRUPTED_EXIT_CODE));
    say(quiet, 'Stopping after the request under way; Ctrl-C again to stop at once.');
    controller.abort();
  });
  return controller.signal;
}
