/** The context of every route. */
import type { FastifyInstance } from 'fastify';
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
