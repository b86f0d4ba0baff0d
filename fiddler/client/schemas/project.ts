import { z } from 'zod';
import { date, named } from './common.js';

export const project = z.looseObject({
  id: z.string(),
  name: z.string(),
  organization: named.nullish(),
  created_at: date,
  updated_at: date,
});
export type Project = z.output<typeof project>;
