/** Turns a zod error into one line: file, place, what is wrong. */
import type { z } from 'zod';
import { issueWords } from '../base/index.js';
import { WeightsError } from './weights-error.js';

/** @throws WeightsError `WEIGHTS_MANIFEST_INVALID` with the place of the first issue and the number of others */
export function parseOrThrow<S extends z.ZodType>(schema: S, value: unknown, file: string): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [first, ...others] = result.error.issues;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  throw new WeightsError(
    'WEIGHTS_MANIFEST_INVALID',
    `${file}: ${place(first!.path)}: ${issueWords(first!.message)}${more}`,
  );
}

/** `["weightsManifest", 0, "paths", 2]` → `weightsManifest[0].paths[2]` */
function place(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'top level';
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step)}`))
    .join('');
}
