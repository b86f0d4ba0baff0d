import { z } from 'zod';
import { named, orNull } from './common.js';

/** Production, or a dataset. */
export const environment = z.looseObject({
  id: z.string(),
  name: z.string(),
  /** `PRODUCTION` or `PRE_PRODUCTION` */
  type: z.string().nullish(),
  row_count: orNull(z.number()),
  model: named.nullish(),
});
export type Environment = z.output<typeof environment>;
