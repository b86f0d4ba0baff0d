import { quoted } from '../../base/index.js';
import { ask } from './answer.js';
import { FiddlerError, Rejected } from './fiddler-error.js';
import { apiPath, type Sender } from './request.js';
import { filterOf, listAll } from './resource.js';
import { type Job, job } from './schemas/common.js';

export class Jobs {
  readonly #sender: Sender;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** `verbose`: with the detail of each task in `extras`. @throws NotFound */
  get(id: string, { verbose = false }: { verbose?: boolean } = {}): Promise<Job> {
    // The spelling of the official client, which is the one that every server must know.
    const query = [['verbose', verbose ? 'True' : 'False']] as const;
    return ask(this.#sender, { method: 'GET', path: apiPath('jobs', id), query, repeatable: true }, job);
  }

  /** Newest first, as far as the server sorts them so. */
  async *list({ modelId }: { modelId?: string } = {}): AsyncGenerator<Job> {
    if (modelId === undefined) {
      yield* listAll(this.#sender, ['jobs'], [], job);
      return;
    }
    const query = [filterOf({ model_id: modelId })];
    let begun = false;
    try {
      for await (const one of this.#about(modelId, query)) {
        begun = true;
        yield one;
      }
    } catch (error) {
      // By what jobs can be filtered is described nowhere: a server that refuses this is asked for all.
      if (begun || !(error instanceof Rejected)) throw error;
      yield* this.#about(modelId, []);
    }
  }

  async *#about(modelId: string, query: ReturnType<typeof filterOf>[]): AsyncGenerator<Job> {
    for await (const one of listAll(this.#sender, ['jobs'], query, job)) if (isAbout(one, modelId)) yield one;
  }

  /**
   * Waits for the end of a job, and gives it when it is a success.
   * @throws FiddlerError `JOB_FAILED` with the server's reason, `JOB_REVOKED`, `JOB_TIMEOUT`, `JOB_STATUS_UNKNOWN`
   */
  async wait(
    id: string,
    {
      intervalSeconds = DEFAULT_INTERVAL_SECONDS,
      timeoutSeconds = DEFAULT_TIMEOUT_SECONDS,
      onProgress,
    }: WaitOptions = {},
  ): Promise<Job> {
    const sender = this.#sender;
    const began = performance.now();
    for (let asked = 0; ; asked++) {
      const now = await ask(sender, { method: 'GET', path: apiPath('jobs', id), repeatable: true }, job);
      onProgress?.(now);
      if (now.status === 'SUCCESS') return now;
      if (now.status === 'FAILURE') throw failed(sender, await this.get(id, { verbose: true }).catch(() => now));
      if (now.status === 'REVOKED') throw revoked(now);
      if (!isRunning(now)) throw unknownStatus(now, sender);
      const pause = Math.max(MIN_INTERVAL_SECONDS, Math.min(intervalSeconds, 0.5 * 2 ** asked));
      if ((performance.now() - began) / 1000 + pause > timeoutSeconds) {
        throw UNDER_WAY.includes(now.status) ? timedOut(now, timeoutSeconds) : unknownStatus(now, sender);
      }
      await sender.sleep(pause);
    }
  }
}

/** Also true where the job does not say: the server's filter is believed then. */
function isAbout({ info }: Job, modelId: string): boolean {
  const named = info['model_uuid'];
  return typeof named !== 'string' || named === modelId;
}

/** Polls a job until it ends, and says what a status means. The transport retries, and gives up in the end. */
const DEFAULT_INTERVAL_SECONDS = 6;
const DEFAULT_TIMEOUT_SECONDS = 1800;
/** An interval of zero would be a busy loop. */
const MIN_INTERVAL_SECONDS = 0.02;

const ENDED = ['SUCCESS', 'FAILURE', 'REVOKED'];
const UNDER_WAY = ['PENDING', 'STARTED', 'RETRY'];

/** Whether the job goes on. A status that nobody knows counts as an end where nothing is left to do. */
export function isRunning({ status, progress }: Pick<Job, 'status' | 'progress'>): boolean {
  return !ENDED.includes(status) && (UNDER_WAY.includes(status) || progress < 100);
}

export interface WaitOptions {
  /** Seconds between polls; default 6. The first polls are closer together, for jobs that end quickly. */
  intervalSeconds?: number;
  /** Default 1,800. */
  timeoutSeconds?: number;
  /** Called after each answer. */
  onProgress?: (job: Job) => void;
}

/** Whether a wait ended because the job did: it failed, or was revoked. Waiting on would be in vain. */
export function isJobFailure(error: unknown): error is FiddlerError {
  return error instanceof FiddlerError && ['JOB_FAILED', 'JOB_REVOKED'].includes(error.code);
}

/** Whether a wait ended with a status that nobody knows: only what the job was to do tells how it ended. */
export function isStatusUnknown(error: unknown): error is FiddlerError {
  return error instanceof FiddlerError && error.code === 'JOB_STATUS_UNKNOWN';
}

function failed(sender: Sender, job: Job): FiddlerError {
  const words = [job.error_reason, job.error_message].filter((text) => text !== null);
  const reason = words.length === 0 ? null : sender.redact(words.join(': '));
  return new FiddlerError('JOB_FAILED', `${title(job)} failed: ${reason ?? 'the server gives no reason'}`, {
    reason,
    permanent: true,
    hint: 'Nothing says whether a part of its rows was stored: look at the row count before you publish them again.',
  });
}

function revoked(job: Job): FiddlerError {
  const hint = 'Somebody or something on the server stopped it; ask there, then repeat.';
  return new FiddlerError('JOB_REVOKED', `${title(job)} was revoked on the server at ${job.progress} %`, { hint });
}

function timedOut(job: Job, seconds: number): FiddlerError {
  const message = `${title(job)} is ${job.status} at ${job.progress} % after ${seconds} s`;
  const hint = 'It goes on without us: wait longer (--timeout), or ask for it later by its id.';
  return new FiddlerError('JOB_TIMEOUT', message, { hint });
}

function unknownStatus(job: Job, sender: Sender): FiddlerError {
  const status = quoted(sender.redact(job.status));
  const message = `${title(job)} has the status ${status} at ${job.progress} %, which image-drift does not know`;
  const hint = `Known are ${[...UNDER_WAY, ...ENDED].join(', ')}. Look in Fiddler whether it has done its work.`;
  return new FiddlerError('JOB_STATUS_UNKNOWN', message, { hint });
}

function title({ id, name }: Job): string {
  return name ? `job ${id} (${name})` : `job ${id}`;
}
