import { z } from 'zod';
import { date } from './common.js';

export const file = z.looseObject({
  id: z.string(),
  filename: z.string().nullish(),
  /** `CSV`, `PARQUET`, `TAR_GZ` */
  type: z.string().nullish(),
  /** `INITIATED`, `SUCCESSFUL`, `FAILED` */
  status: z.string().nullish(),
  created_at: date,
  updated_at: date,
});
export type FiddlerFile = z.output<typeof file>;

/** A description of the API says number, servers send text. The client returns the received value unchanged. */
export const part = z.looseObject({ part_id: z.union([z.string(), z.number()]) });
