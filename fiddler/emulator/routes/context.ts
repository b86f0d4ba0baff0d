/** The context of every route. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { JobRunner } from '../jobs/job-runner.js';
import type { Store } from '../store/store.js';

export interface Context {
  store: Store;
  jobs: JobRunner;
  now: () => number;
  /** Seed of k-means. */
  seed: number;
  deduplicate: boolean;
}

/** Adds the routes of one resource. */
export type Routes = (api: FastifyInstance, context: Context) => void;

/** Fiddler's rule for names: a letter, then letters, digits and underscores, all in lower case. */
export function nameRule(least: number, most: number) {
  return z
    .string()
    .min(least)
    .max(most)
    .regex(/^[a-z][a-z0-9_]*$/, 'only a-z, 0-9 and _ are possible, and a letter at the beginning');
}
