/** With `--verbose`: a line on stderr for each request to a server. It is made of what may be seen; no header is in it. */
import type { RequestEvent } from '../fiddler/index.js';
import { whisper } from './output.js';

/** For the options of a client; none without `--verbose`. */
export function requestLog(argv: readonly string[] = process.argv): { onRequest?: (event: RequestEvent) => void } {
  if (!argv.includes('--verbose')) return {};
  return { onRequest: (event) => whisper(requestLine(event)) };
}

function requestLine(event: RequestEvent): string {
  const { method, path, attempt, status, seconds, bytesOut, bytesIn, failure, waitSeconds } = event;
  const outcome = [status === null ? 'no answer' : String(status), failure].filter((part) => part !== null).join(' ');
  const sizes = `${bytesOut.toLocaleString('en')} bytes out, ${bytesIn.toLocaleString('en')} in`;
  const again = waitSeconds === null ? '' : `, again in ${waitSeconds.toFixed(1)} s`;
  const tries = attempt === 1 ? '' : ` (try ${attempt})`;
  return `${method} ${path}${tries}: ${outcome}, ${sizes}, ${Math.round(seconds * 1000)} ms${again}`;
}
