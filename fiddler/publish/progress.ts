/** What a running publish tells, and what comes out of it. */
import type { Problem } from './problems.js';

export type PublishProgress =
  /** Rows read for the validation. */
  | { stage: 'checking'; rows: number }
  /** Validated: what is planned, and the warnings. */
  | { stage: 'planned'; rows: number; chunks: number; doneRows: number; journal: string; warnings: readonly Problem[] }
  /** Rows whose chunks are done, of all. */
  | { stage: 'publishing'; rows: number; total: number }
  | { stage: 'waiting'; what: string }
  /** Found while it runs. */
  | { stage: 'warning'; problem: Problem };

/**
 * What `publishEvents` has done.
 *
 * @example
 * ```ts
 * import type { Published } from 'image-drift';
 *
 * function describe({ rows, sent, alreadyThere, finished }: Published): string {
 *   return `${sent} of ${rows} events sent, ${alreadyThere} were there${finished ? '' : ', jobs are still running'}`;
 * }
 * ```
 */
export interface Published {
  /** Events of the plan. */
  rows: number;
  /** Events that this run sent and that were not there before. */
  sent: number;
  /** Events that this run found on the server or, from an earlier run, done in the journal. */
  alreadyThere: number;
  /** Jobs that this run began or waited for. */
  jobs: readonly string[];
  /** Lost answers that were looked up, of this run. */
  lookedUp: number;
  /** Path of the journal. */
  journal: string;
  /** False with `wait: false` while jobs are not known to have ended. */
  finished: boolean;
  /** Whether the events were read back from the server; false where it does not let one, null where it was not asked. */
  confirmed: boolean | null;
  /** What may be wrong with the events, although they can be published. */
  warnings: readonly Problem[];
}
