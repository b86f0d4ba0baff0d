import { z } from 'zod';
import { orNull } from './common.js';

export const jobRef = z.looseObject({ id: z.string(), name: z.string().nullish() });
export type JobRef = z.output<typeof jobRef>;
export const withJob = z.looseObject({ job: jobRef });

export const job = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  /** `PENDING`, `STARTED`, `RETRY`; at the end `SUCCESS`, `FAILURE`, `REVOKED`. Any other status counts as running. */
  status: z.string(),
  /** 0 to 100 */
  progress: z
    .number()
    .nullish()
    .transform((value) => value ?? 0),
  error_reason: orNull(z.string()),
  error_message: orNull(z.string()),
  /** The subject of the job: `model_uuid`, `env_type`, `env_name`, … */
  info: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? {}),
  extras: z.unknown().optional(),
});
export type Job = z.output<typeof job>;
