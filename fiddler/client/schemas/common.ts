/** What all answers have in common. Fields that we do not know are kept; those we only show may lack. */
import * as z from 'zod';

export const named = z.looseObject({ id: z.string(), name: z.string() });

/** Date as the server writes it; `serverTime` reads every form. */
export const date = z.union([z.string(), z.number()]).nullish();

export const orNull = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? null);
export const orEmpty = <T extends z.ZodType>(type: T) =>
  z
    .array(type)
    .nullish()
    .transform((value) => value ?? []);

/** `2023-11-22 16:50:57.705784`, `2023-11-22T16:50:57+00:00`, epoch ms. UTC without a zone, unlike `Date`. */
export function serverTime(value: string | number | null | undefined): Date | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'number') return valid(new Date(value));
  const text = value.trim().replace(' ', 'T');
  const zoned = /(z|[+-]\d\d:?\d\d)$/i.test(text) || !text.includes('T') ? text : `${text}Z`;
  return valid(new Date(zoned.replace(/(\.\d{3})\d+/, '$1')));
}

function valid(date: Date): Date | null {
  return Number.isNaN(date.getTime()) ? null : date;
}

export const serverInfo = z.looseObject({
  server_version: z.string(),
  feature_flags: z.record(z.string(), z.unknown()).nullish(),
  organization: named.nullish(),
});

export type ServerInfo = z.output<typeof serverInfo> & {
  /** Server's clock minus ours, from the answer's Date header, accurate to about a second; null without that header. */
  clockSkewSeconds: number | null;
};

export const project = z.looseObject({
  id: z.string(),
  name: z.string(),
  organization: named.nullish(),
  created_at: date,
  updated_at: date,
});
export type Project = z.output<typeof project>;

export const environment = z.looseObject({
  id: z.string(),
  name: z.string(),
  /** `PRODUCTION` or `PRE_PRODUCTION` */
  type: z.string().nullish(),
  row_count: orNull(z.number()),
  model: named.nullish(),
});
export type Environment = z.output<typeof environment>;

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

const jobRef = z.looseObject({ id: z.string(), name: z.string().nullish() });
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
