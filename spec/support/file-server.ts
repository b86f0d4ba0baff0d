/** A web server with one file, on the loopback address. It supports ranges, and faults for single requests. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { listen } from './listening.js';

export interface SeenRequest {
  path: string;
  range: string | null;
  ifRange: string | null;
}

/** What a request gets instead of the file; `null`, or an empty list, gives the file itself. */
export type Fault =
  | null
  | { cutAfter: number; ignoreRange?: boolean }
  | { status: number; headers?: Record<string, string>; body?: string }
  | { body: string | Buffer; headers?: Record<string, string> }
  | 'silence'
  | 'no ranges'
  | 'wrong range'
  | { etag: string };

export interface FileServer {
  url: string;
  seen: SeenRequest[];
  /** Faults of the coming requests, in order. */
  faults: Fault[];
  close(): Promise<void>;
}

export async function serveFile(content: Buffer, name = 'file.bin'): Promise<FileServer> {
  const seen: SeenRequest[] = [];
  const faults: Fault[] = [];
  const server = createServer((request, response) => {
    const { range = null, 'if-range': ifRange = null } = request.headers;
    seen.push({ path: request.url as string, range, ifRange: ifRange as string | null });
    answer(content, faults.shift() ?? null, request, response);
  });
  const { url, close } = await listen(server);
  return { url: `${url}/${name}`, seen, faults, close };
}

function answer(content: Buffer, fault: Fault, request: IncomingMessage, response: ServerResponse): void {
  if (fault === 'silence') return;
  if (fault !== null && typeof fault === 'object' && ('status' in fault || 'body' in fault)) {
    const length = Buffer.byteLength(fault.body ?? '');
    const isChunked = fault.headers?.['transfer-encoding'] !== undefined;
    const headers = isChunked ? fault.headers : { 'content-length': length, ...fault.headers };
    response.writeHead('status' in fault ? fault.status : 200, headers).end(fault.body);
    return;
  }
  const etag = fault !== null && typeof fault === 'object' && 'etag' in fault ? fault.etag : '"one"';
  const start = startOf(request, etag, fault);
  const body = content.subarray(start);
  const headers: Record<string, string | number> = { etag, 'content-length': body.byteLength };
  if (start > 0) {
    const said = fault === 'wrong range' ? start - 1 : start;
    headers['content-range'] = `bytes ${said}-${content.byteLength - 1}/${content.byteLength}`;
  }
  if (start >= content.byteLength && start > 0) {
    response.writeHead(416).end();
    return;
  }
  response.writeHead(start > 0 ? 206 : 200, headers);
  if (fault !== null && typeof fault === 'object' && 'cutAfter' in fault) {
    response.write(body.subarray(0, fault.cutAfter), () => setTimeout(() => response.destroy(), 50));
    return;
  }
  response.end(body);
}

function startOf({ headers }: IncomingMessage, etag: string, fault: Fault): number {
  const { range, 'if-range': ifRange } = headers;
  if (range === undefined || fault === 'no ranges') return 0;
  if (fault !== null && typeof fault === 'object' && 'cutAfter' in fault && fault.ignoreRange) return 0;
  if (ifRange !== undefined && ifRange !== etag) return 0;
  return Number(/^bytes=(\d+)-$/.exec(range)?.[1] ?? 0);
}
