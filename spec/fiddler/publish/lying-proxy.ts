/**
 * Stands between a publish and the emulator, and does what servers do and the emulator does not: shows events late,
 * acknowledges more or fewer than it stores, forgets a job, refuses a second file of a dataset.
 */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parquetWriteBuffer } from 'hyparquet-writer';

export class LyingProxy {
  /** Events are visible so long after the last request that published some. */
  visibleAfterMs = 0;
  /** The share of the rows of each request that is stored. */
  storedShare = 1;
  /** Whether its answer lists what was stored, or what was sent. */
  honest = true;
  /** Jobs that the server does not know any more. */
  forgottenJobs = new Set<string>();
  /** What the server calls a job that has ended well. */
  success = 'SUCCESS';
  /** Called once, when a job is first told to have ended well. */
  onSuccess: (() => Promise<void>) | null = null;
  /** Called for each request that publishes; it goes on to the server when this resolves. */
  onPost: (() => Promise<void>) | null = null;
  readonly posts: string[] = [];
  private lastPost = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(target: string): Promise<LyingProxy> {
    const server = createServer((incoming, outgoing) => {
      void proxy.forward(target, incoming, outgoing).catch(() => outgoing.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const proxy = new LyingProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return proxy;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    outgoing.on('error', () => undefined);
    const path = (incoming.url ?? '/').split('?')[0] as string;
    const body = await collected(incoming);
    const publishes = incoming.method === 'POST' && path === '/v3/events';
    if (path.endsWith('/download-slice-data') && Date.now() - this.lastPost < this.visibleAfterMs) {
      return answer(outgoing, 200, nothing());
    }
    const job = /^\/v3\/jobs\/(.+)$/.exec(path)?.[1];
    if (job !== undefined && this.forgottenJobs.has(job)) return answer(outgoing, 404, missing());
    if (publishes) await this.onPost?.();
    const rows = publishes ? rowsOf(body) : null;
    const onward = rows === null ? body : this.shortened(rows);
    const { status, bytes } = await sent(new URL(incoming.url ?? '/', target), incoming, onward);
    if (publishes) {
      this.lastPost = Date.now();
      this.posts.push(body.toString());
    }
    if (job !== undefined && this.onSuccess !== null && bytes.includes('"SUCCESS"')) {
      const once = this.onSuccess;
      this.onSuccess = null;
      await once();
    }
    if (path.startsWith('/v3/jobs')) {
      return answer(outgoing, status, Buffer.from(bytes.toString().replaceAll('"SUCCESS"', `"${this.success}"`)));
    }
    if (rows === null || this.honest) return answer(outgoing, status, bytes);
    const ids = rows.source.events.map((event) => event['event_id']);
    answer(outgoing, status, Buffer.from(JSON.stringify({ data: { source_type: 'EVENTS', event_ids: ids } })));
  }

  private shortened(rows: Rows): Buffer {
    const { events } = rows.source;
    const kept = events.slice(0, Math.max(1, Math.floor(events.length * this.storedShare)));
    return Buffer.from(JSON.stringify({ ...rows, source: { ...rows.source, events: kept } }));
  }
}

interface Rows {
  source: { type: string; events: Record<string, unknown>[] };
}

function rowsOf(body: Buffer): Rows | null {
  const parsed = JSON.parse(body.toString()) as Rows;
  return parsed.source.type === 'EVENTS' ? parsed : null;
}

function nothing(): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData: [{ name: 'event_id', data: [], type: 'STRING' }] }));
}

function missing(): Buffer {
  const errors = [{ reason: 'ObjectNotFound', message: 'Job not found', help: '' }];
  return Buffer.from(JSON.stringify({ error: { code: 404, message: 'Job not found', errors } }));
}

function answer(outgoing: ServerResponse, status: number, bytes: Buffer): void {
  outgoing.writeHead(status, { 'content-length': bytes.byteLength, connection: 'close' });
  outgoing.end(bytes);
}

function sent(url: URL, incoming: IncomingMessage, body: Buffer): Promise<{ status: number; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, unknown> = { ...incoming.headers, host: url.host, 'content-length': body.byteLength };
    delete headers['transfer-encoding'];
    const options = { method: incoming.method, headers: { ...headers, connection: 'close' } as never, agent: false };
    const onward = request(url, options as never, (response: IncomingMessage) => {
      collected(response).then((bytes) => resolve({ status: response.statusCode ?? 502, bytes }), reject);
    });
    onward.on('error', reject).end(body);
  });
}

async function collected(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
