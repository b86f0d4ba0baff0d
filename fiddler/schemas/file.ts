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

/** Numbers in one description of the API, texts in practice: handed back as it came. */
export const part = z.looseObject({ part_id: z.union([z.string(), z.number()]) });
