/** Limits of what `model.json` may say of a body: far above any network, and low enough that a graph stays small. */
import * as z from 'zod';

const MAX_CHANNELS = 65_536;
const MAX_BLOCKS = 200;
const MAX_STAGES = 8;
const MAX_KERNEL = 31;
/** The largest of any network is 24. */
const MAX_WINDOW = 32;

export const channels = z.number().int().min(1).max(MAX_CHANNELS);
/** Channels of a part; 0: there is none. */
export const channelsOrNone = z.number().int().min(0).max(MAX_CHANNELS);
export const blocks = z.number().int().min(1).max(MAX_BLOCKS);
export const kernel = z.number().int().min(1).max(MAX_KERNEL);
export const heads = z.number().int().min(1).max(128);
export const eps = z.number().positive().max(1);
/** Side of a window for attention. */
export const windowSide = z.number().int().min(1).max(MAX_WINDOW);
export const stride = z.number().int().min(1).max(2);

export function perStage<T>(value: z.ZodType<T>, count?: number) {
  return count === undefined ? z.array(value).min(1).max(MAX_STAGES) : z.array(value).length(count);
}

export function perBlock<T>(value: z.ZodType<T>) {
  return z.array(value).min(1).max(MAX_BLOCKS);
}
