/**
 * Before a run sends anything: is another run publishing to this model right now, and may the server have these events
 * already, from a run whose journal is lost or older than it was? Asked again at every run, and before each request, as
 * a journal knows only of its own past.
 *
 * Two runs can begin at the same moment and see nothing of each other. So each waits a random time first, and then
 * looks right before its first request: the second sees the first one's job.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { FiddlerError, type Job, UnknownOutcome } from '../../fiddler/index.js';
import type { Journal } from '../journal/journal.js';
import type { Chunk, TimeRange } from '../plan/plan.js';
import { PublishError } from '../publish-error.js';
import { type ModelJobs, NEWEST_JOBS } from './model-jobs.js';
import type { StopSignal } from './stop-signal.js';
import { hasStored, type StoredPlace } from './stored-ids.js';

export interface GateOptions {
  place: StoredPlace;
  jobs: ModelJobs;
  journal: Journal;
  settleSeconds: number;
  /** Go on although others publish. */
  force: boolean;
  stop: StopSignal;
}

export class Gate {
  /** The server may have events of chunks that the journal calls new: each is looked at before it is sent. */
  lookFirst = false;
  readonly openedAt = Date.now();
  readonly #known = new Set<string>();
  /** Jobs that no chunk knows and that are ours all the same: of requests without an answer, and of those under way. */
  #allowed = 0;

  readonly #options: GateOptions;

  private constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * @param chunks those that are not done
   * @throws PublishError `PUBLISH_OTHER_RUN`; FiddlerError
   */
  static async open(options: GateOptions, chunks: readonly Chunk[]): Promise<Gate> {
    const gate = new Gate(options);
    const { jobs, journal, settleSeconds, stop } = options;
    gate.#allowed = chunks.filter(({ index }) => isInDoubt(journal, index)).length;
    await stop.race(sleep(Math.random() * settleSeconds * 1_000));
    const strangers = (await jobs.strangers()) ?? [];
    gate.#refuseOthers(strangers.filter((job) => jobs.isRunning(job)));
    for (const { id } of strangers) gate.#known.add(id);
    gate.lookFirst = strangers.some((job) => jobs.mayAppear(job)) || (await gate.#mayHaveEvents(chunks));
    // What a process that is dead sent may still be on its way.
    if (gate.lookFirst) await stop.race(sleep(settleSeconds * 1_000));
    return gate;
  }

  /**
   * Right before a request that publishes.
   * @throws PublishError `PUBLISH_OTHER_RUN`
   */
  async pass<T>(send: () => Promise<T>): Promise<T> {
    const { jobs } = this.#options;
    const before = this.#allowed;
    const newest = (await jobs.strangers(NEWEST_JOBS)) ?? [];
    this.#refuseOthers(
      newest.filter(({ id }) => !this.#known.has(id)),
      before,
    );
    // Where its answer gets lost, there may be a job that nobody knows.
    this.#allowed++;
    try {
      const answer = await send();
      this.#allowed--;
      return answer;
    } catch (error) {
      if (error instanceof FiddlerError && !(error instanceof UnknownOutcome)) this.#allowed--;
      throw error;
    }
  }

  /** @param before what was allowed when the jobs were asked for: a request of ours may have been answered since */
  #refuseOthers(jobs: readonly Job[], before = this.#allowed): void {
    if (this.#options.force || jobs.length <= Math.max(before, this.#allowed)) return;
    const { model, environment } = this.#options.place;
    const shown = jobs.slice(0, 5).map(({ id }) => id);
    const ids =
      jobs.length > shown.length ? `${shown.join(', ')} and ${jobs.length - shown.length} more` : shown.join(', ');
    const place = environment.type === 'PRODUCTION' ? 'production' : `baseline ${environment.name}`;
    throw new PublishError(
      'PUBLISH_OTHER_RUN',
      `${place} of model ${model.name} ${model.version}: ${jobs.length === 1 ? 'a job is' : `${jobs.length} jobs are`} there that this journal did not begin: ${ids}`,
      {
        exitCode: 5,
        hint: 'Another run may be publishing the same events. Wait until it has ended, then run this again: it looks up what is there and sends the rest. If these jobs publish other events, --force goes on.',
      },
    );
  }

  /** Is there anything in the dataset, or in the time range, at all? */
  async #mayHaveEvents(chunks: readonly Chunk[]): Promise<boolean> {
    const { place } = this.#options;
    if (place.environment.type === 'PRE_PRODUCTION') {
      const dataset = await place.client.environments.byName(place.model.id, place.environment.name);
      return dataset !== null && dataset.row_count !== 0;
    }
    const times = rangeOf(chunks);
    return times !== null && (await hasStored(place, times)) === true;
  }
}

function isInDoubt(journal: Journal, chunk: number): boolean {
  const state = journal.stateOf(chunk);
  return state.is === 'unknown' && !state.failed;
}

/** From the first to the last time of all of them; null for events without times. */
export function rangeOf(chunks: readonly Chunk[]): TimeRange | null {
  let range: TimeRange | null = null;
  for (const { times } of chunks) {
    if (times === null) continue;
    range = range === null ? times : { from: Math.min(range.from, times.from), to: Math.max(range.to, times.to) };
  }
  return range;
}
