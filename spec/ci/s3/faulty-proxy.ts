/** Passes requests on to another server, and fails every few of them as servers and networks do. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type Listening, listen } from '../../support/listening.js';

interface FaultyProxy extends Listening {
  /** Requests, and those of them that failed, so far. */
  counts: { requests: number; faults: number };
  /** What came through, and what the server answered, whether that came back or not. */
  answers: { method: string; url: string; status: number }[];
}

/** Which fault a request gets: as many kinds as there are, and as many without; `rare`: and so many more without. */
const FAULTS = ['unavailable', null, 'cut', null, 'slow', null, 'short', null, null] as const;
const SLOW_DOWN = '<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your rate</Message></Error>';

export async function faultyProxy(port: number, rare = 0): Promise<FaultyProxy> {
  const counts = { requests: 0, faults: 0 };
  const answers: FaultyProxy['answers'] = [];
  const server = createServer((incoming, outgoing) => {
    const fault = FAULTS[counts.requests++ % (FAULTS.length + rare)] ?? null;
    if (fault !== null) counts.faults++;
    if (fault === 'unavailable') {
      outgoing.writeHead(503, { 'content-type': 'application/xml' }).end(SLOW_DOWN);
      return;
    }
    const { method, url, headers } = incoming;
    const passed = request({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      answers.push({ method: method ?? '', url: url ?? '', status: answer.statusCode ?? 0 });
      passOn(answer, outgoing, fault).catch(() => outgoing.destroy());
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  return { counts, answers, ...(await listen(server)) };
}

async function passOn(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  fault: (typeof FAULTS)[number],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const half = body.subarray(0, body.length >> 1);
  const headers = { ...answer.headers };
  delete headers['transfer-encoding'];
  // Half of the bytes of an object, which says that they are all; half a list would be no XML.
  const isShort = fault === 'short' && headers['content-type'] !== 'application/xml';
  headers['content-length'] = String(isShort ? half.length : body.length);
  outgoing.writeHead(answer.statusCode ?? 500, headers);
  if (fault === 'cut') {
    outgoing.write(half, () => setTimeout(() => outgoing.destroy(), 5));
    return;
  }
  if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, 50));
  outgoing.end(isShort ? half : body);
}
