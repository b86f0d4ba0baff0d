/** Between a publish and the emulator: does what only servers do, such as show events late or forget a job. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { collected, Middleman, sent } from './middleman.js';

export class LyingProxy extends Middleman {
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
  /** Called once, when an answer first says that a job has ended well. All answers that say so wait for its end. */
  onSuccess: (() => Promise<void>) | null = null;
  /** Called for each request that publishes; it goes on to the server when this resolves. */
  onPost: (() => Promise<void>) | null = null;
  readonly posts: string[] = [];
  private lastPost = 0;
  private succeeded: Promise<void> | null = null;

  protected async forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
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
    const { status, bytes } = await sent(target, incoming, onward);
    if (publishes) {
      this.lastPost = Date.now();
      this.posts.push(body.toString());
    }
    if (job !== undefined && bytes.includes('"SUCCESS"')) {
      this.succeeded ??= this.onSuccess?.() ?? null;
      await this.succeeded;
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
