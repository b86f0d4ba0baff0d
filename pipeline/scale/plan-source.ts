/** What a plan is made of: images that each have a name, or rows of files. */

import { shown } from '../../base/index.js';
import { DataError } from '../../data/index.js';
import type { Ledger, Plan, RunPlace } from '../../scale/index.js';

export interface PlanSource {
  /** How messages name the source. */
  where: string;
  about: Pick<Plan['source'], 'where' | 'labels' | 'columns' | 'origin'>;
  dataset: string;
  /** Images there are. */
  count: number;
  hasTimestamps: boolean;
  /** Names of the columns beside those that all events have. */
  columns: readonly string[];
  order: Plan['order'];
  /** Counts all images, and says where a task finds them. */
  pin(place: RunPlace, ledger: Ledger): Promise<Pick<Plan, 'listing' | 'rows'>>;
  close(): Promise<void>;
}

/** @param what the source or image that no other machine would find */
export function cannotPlan(what: string): DataError {
  return new DataError('PLAN_SOURCE', `${shown(what)}: no other machine would find this`, {
    hint: 'A run is planned of files, archives, tables, arrays and prefixes; not of stdin or URLs with a signature.',
  });
}
