import { z } from 'zod';
import { named, orNull } from './common.js';
import type { EnvironmentType } from './events.js';

export const baseline = z.looseObject({
  id: z.string(),
  name: z.string(),
  /** `STATIC` or `ROLLING` */
  type: z.string(),
  environment: z.looseObject({ id: z.string(), name: z.string().nullish(), type: z.string().nullish() }).nullish(),
  row_count: orNull(z.number()),
  start_time: z.union([z.number(), z.string()]).nullish(),
  end_time: z.union([z.number(), z.string()]).nullish(),
  offset_delta: orNull(z.number()),
  window_bin_size: orNull(z.string()),
  model: named.nullish(),
});
export type Baseline = z.output<typeof baseline>;

export type WindowBinSize = 'Hour' | 'Day' | 'Week' | 'Month';

export interface NewBaseline {
  name: string;
  model_id: string;
  type: 'STATIC' | 'ROLLING';
  env_type: EnvironmentType;
  /** The dataset, for PRE_PRODUCTION. */
  env_id?: string | null;
  /** Epoch milliseconds. */
  start_time?: number;
  /** Epoch milliseconds. */
  end_time?: number;
  offset_delta?: number;
  window_bin_size?: WindowBinSize;
}
