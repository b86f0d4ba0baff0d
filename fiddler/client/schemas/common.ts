/** What all answers have in common. Fields that we do not know are kept; those we only show may lack. */
import { z } from 'zod';

export const named = z.looseObject({ id: z.string(), name: z.string() });
export type Named = z.output<typeof named>;

/** Date as the server writes it; `serverTime` reads every form. */
export const date = z.union([z.string(), z.number()]).nullish();

export const orNull = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? null);
export const orEmpty = <T extends z.ZodType>(type: T) =>
  z
    .array(type)
    .nullish()
    .transform((value) => value ?? []);

/**
 * Dates in answers: `2023-11-22 16:50:57.705784`, `2023-11-22T16:50:57+00:00`, or epoch milliseconds. Those without a
 * zone are UTC; `Date` alone would read them as local time.
 */
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
