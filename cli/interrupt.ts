/** Ctrl-C for commands that talk to a server: the first finishes the request under way, the second ends at once. */
import { say } from './output.js';

export const INTERRUPTED_EXIT_CODE = 130;

/** Takes the place of the program's own handler; call it once a command. */
export function stopOnInterrupt(quiet: boolean): AbortSignal {
  const controller = new AbortController();
  process.removeAllListeners('SIGINT');
  process.once('SIGINT', () => {
    // `on`: a third one that comes while the process ends would else kill it, with half-written files left.
    process.on('SIGINT', () => process.exit(INTERRUPTED_EXIT_CODE));
    say(quiet, 'Stopping after the request under way; Ctrl-C again to stop at once.');
    controller.abort();
  });
  return controller.signal;
}
