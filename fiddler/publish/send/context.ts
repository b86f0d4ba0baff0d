/** What a run has from its beginning to its end. It is passed whole to all that takes part. */
import type { Settled } from '../../../base/index.js';
import type { FiddlerClient } from '../../client/index.js';
import type { Journal } from '../journal/journal.js';
import type { publishFields } from '../options/index.js';
import type { Chunk, PublishPlan } from '../plan/plan.js';
import type { Problem } from '../problems.js';
import { Pace, READ_LIMITS, WRITE_LIMITS } from './pace.js';
import { StopSignal } from './stop-signal.js';
import type { StoredPlace } from './stored-ids.js';

interface Opened {
  client: FiddlerClient;
  journal: Journal;
  /** The journal was not there before. */
  isNew: boolean;
  plan: PublishPlan;
  warnings: Problem[];
  /** How far the server's clock is ahead of ours. */
  clockSkewSeconds: number;
}

/** What the caller said, settled, and what was made of it. */
export interface PublishContext extends Omit<Settled<typeof publishFields>, 'journal'>, Opened {
  /** Whose stored events are asked for. */
  place: StoredPlace;
  reads: Pace;
  writes: Pace;
  stop: StopSignal;
  onWait: (what: string) => void;
}

export function contextOf(options: Settled<typeof publishFields>, opened: Opened): PublishContext {
  const { model, environment, signal, onProgress } = options;
  return {
    ...options,
    ...opened,
    place: { client: opened.client, model, environment },
    reads: new Pace(READ_LIMITS),
    writes: new Pace(WRITE_LIMITS),
    stop: new StopSignal(signal),
    onWait: (what) => onProgress?.({ stage: 'waiting', what }),
  };
}

export function isDone({ journal }: Pick<PublishContext, 'journal'>, chunk: Chunk): boolean {
  return journal.stateOf(chunk.index).is === 'done';
}

/** Rows of the chunks that are done already. */
export function doneRowsOf(context: PublishContext): number {
  return context.plan.chunks.reduce((sum, chunk) => sum + (isDone(context, chunk) ? chunk.rows : 0), 0);
}
