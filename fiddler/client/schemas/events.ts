import { z } from 'zod';
import { jobRef } from './job.js';

export type EnvironmentType = 'PRODUCTION' | 'PRE_PRODUCTION';

/** A cell of an event. Typed arrays go out as arrays, dates as ISO text in UTC, NaN and ±Infinity as null. */
export type EventValue =
  | string
  | number
  | boolean
  | null
  | Date
  | readonly (number | string | null)[]
  | Float32Array
  | Float64Array;
export type EventRow = Readonly<Record<string, EventValue>>;

export const publishedFile = z.looseObject({ job: jobRef });
export const publishedRows = z.looseObject({ event_ids: z.array(z.union([z.string(), z.number()])) });
