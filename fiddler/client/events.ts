import { ask, eventsBody } from './answer.js';
import { Rejected } from './fiddler-error.js';
import { apiPath, type Method, type Sender } from './request.js';
import {
  type EnvironmentType,
  type EventRow,
  type JobRef,
  publishedFile,
  publishedRows,
  withJob,
} from './schemas/common.js';

/** Most events that Fiddler takes in one request. */
export const MAX_ROWS_PER_REQUEST = 1000;
/** Most ids that Fiddler takes in one deletion. */
export const MAX_IDS_PER_DELETION = 10_000;

export interface EventTarget {
  modelId: string;
  envType: EnvironmentType;
  /** The dataset, for PRE_PRODUCTION; null for PRODUCTION. */
  envName?: string | null;
}

export class Events {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Publishes an uploaded file, as a job. Never repeated by itself. @throws UnknownOutcome if it may be accepted */
  publishFile(o: EventTarget & { fileId: string }): Promise<JobRef> {
    return this.#sendFile('POST', o);
  }

  /** At most 1,000 rows, at once; gives the server's ids. Never repeated. @throws UnknownOutcome; `TOO_MANY_ROWS` */
  publishRows(o: EventTarget & { events: readonly EventRow[] }): Promise<string[]> {
    return this.#sendRows('POST', o);
  }

  /** Changes targets and metadata of events that are there, by their ids. Repeating it does no harm. */
  updateFile(o: EventTarget & { fileId: string }): Promise<JobRef> {
    return this.#sendFile('PATCH', o);
  }

  /** As `updateFile`, with at most 1,000 rows in the request. */
  updateRows(o: EventTarget & { events: readonly EventRow[] }): Promise<string[]> {
    return this.#sendRows('PATCH', o);
  }

  /** At most 10,000. @throws FiddlerError `TOO_MANY_ROWS` */
  deleteByIds(o: { modelId: string; eventIds: readonly string[] }): Promise<JobRef> {
    if (o.eventIds.length === 0 || o.eventIds.length > MAX_IDS_PER_DELETION) {
      throw outOfRange('events are deleted', o.eventIds.length, MAX_IDS_PER_DELETION);
    }
    return this.#delete({ model_id: o.modelId, update_metrics: false, event_ids: o.eventIds });
  }

  /** From `start` on, before `end`. */
  deleteByTime(o: { modelId: string; start: Date; end: Date; updateMetrics?: boolean }): Promise<JobRef> {
    const range = { start_time: utcText(o.start), end_time: utcText(o.end) };
    return this.#delete({ model_id: o.modelId, update_metrics: o.updateMetrics ?? false, time_range: range });
  }

  async #sendFile(method: Method, o: EventTarget & { fileId: string }): Promise<JobRef> {
    const body = eventsBody({ source: { file_id: o.fileId, type: 'FILE' }, ...target(o) });
    const request = { method, path: apiPath('events'), body, repeatable: method === 'PATCH' };
    return (await ask(this.#sender, request, publishedFile)).job;
  }

  async #sendRows(method: Method, o: EventTarget & { events: readonly EventRow[] }): Promise<string[]> {
    if (o.events.length === 0 || o.events.length > MAX_ROWS_PER_REQUEST) {
      throw outOfRange('rows are sent', o.events.length, MAX_ROWS_PER_REQUEST);
    }
    const body = eventsBody({ source: { events: o.events, type: 'EVENTS' }, ...target(o) });
    const request = { method, path: apiPath('events'), body, repeatable: method === 'PATCH' };
    return (await ask(this.#sender, request, publishedRows)).event_ids.map(String);
  }

  async #delete(body: object): Promise<JobRef> {
    const request = { method: 'DELETE', path: apiPath('events'), body: eventsBody(body), repeatable: true } as const;
    return (await ask(this.#sender, request, withJob)).job;
  }
}

function target({ modelId, envType, envName }: EventTarget): object {
  return { model_id: modelId, env_type: envType, env_name: envName ?? null };
}

function outOfRange(what: string, given: number, most: number): Rejected {
  const message = `${given.toLocaleString('en')} given, 1 to ${most.toLocaleString('en')} ${what} in one request`;
  return new Rejected('TOO_MANY_ROWS', message, { permanent: true, hint: 'Send them in several requests.' });
}

/** `2026-01-01T00:00:00Z`; milliseconds only where there are some. */
function utcText(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}
