/**
 * What is said of requests to a server: each with `--verbose`; else those tried again for a while, so that nobody takes
 * a command that waits for one that hangs. No header is in them.
 */
import type { RequestEvent } from '../fiddler/client/index.js';
import { heartbeat } from './heartbeat.js';
import { formatSeconds, say, whisper } from './output.js';

/** A pause that a person notices, … */
const TOLD_WAIT_SECONDS = 2;
/** … and how long none is told after one. */
const TOLD_EVERY_MS = 10_000;

interface Setting {
  quiet?: boolean | undefined;
  json?: boolean | undefined;
}

export function requestLog(
  { quiet = false, json = false }: Setting = {},
  argv: readonly string[] = process.argv,
): { onRequest: (event: RequestEvent) => void } {
  if (argv.includes('--verbose')) return { onRequest: (event) => whisper(requestLine(event)) };
  let told = Number.NEGATIVE_INFINITY;
  return {
    onRequest({ failure, waitSeconds }) {
      heartbeat.wait(waitSeconds === null ? null : failure);
      if (failure === null || waitSeconds === null || waitSeconds < TOLD_WAIT_SECONDS) return;
      if (performance.now() - told < TOLD_EVERY_MS) return;
      told = performance.now();
      say(quiet || json, `${failure}; again in ${formatSeconds(waitSeconds)}`);
    },
  };
}

function requestLine(event: RequestEvent): string {
  const { method, path, attempt, status, seconds, bytesOut, bytesIn, failure, waitSeconds } = event;
  const outcome = [status === null ? 'no answer' : String(status), failure].filter((part) => part !== null).join(' ');
  const sizes = `${bytesOut.toLocaleString('en')} bytes out, ${bytesIn.toLocaleString('en')} in`;
  const again = waitSeconds === null ? '' : `, again in ${waitSeconds.toFixed(1)} s`;
  const tries = attempt === 1 ? '' : ` (try ${attempt})`;
  return `${method} ${path}${tries}: ${outcome}, ${sizes}, ${Math.round(seconds * 1000)} ms${again}`;
}
