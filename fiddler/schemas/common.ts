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
