/** The schedulers that `submit` knows. Adding one means adding a template, a file and a line. */
import { kubernetes } from './kubernetes.js';
import { slurm } from './slurm.js';
import type { Scheduler } from './submission.js';

export const SCHEDULERS = { slurm, kubernetes } as const satisfies Record<string, Scheduler>;
export type SchedulerName = keyof typeof SCHEDULERS;
