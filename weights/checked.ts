/** What is known of a conversion beyond the file that was read: whether its outputs were compared, and what was assumed. */
import { z } from 'zod';

/** Result of `convert --check`: outputs of the converted network beside those of the program that it comes from. */
export interface Checked {
  /** How many images were compared. */
  images: number;
  /** Largest difference of an embedding's value, as a share of the largest absolute value of all embeddings. */
  embedding_error: number;
  /** The same of the class scores; null where the file has none. */
  scores_error: number | null;
  /** `compared` where the network's inputs were given, and an image went through every step that makes them. */
  preprocessing: 'compared' | 'not compared';
  /** sha256 of the file with the program's outputs, lower-case hex. */
  sha256: string;
}

const error = z.number().min(0).max(1);

export const checkedSchema = z.object({
  images: z.number().int().min(1),
  embedding_error: error,
  scores_error: error.nullable(),
  preprocessing: z.enum(['compared', 'not compared']),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
}) satisfies z.ZodType<Checked>;

/**
 * One line for whoever reads results of these weights: that they were compared, or what was assumed and not compared.
 *
 * @param assumed as in `Provenance`
 * @returns null where nothing was assumed and nothing compared
 */
export function weightsNote(assumed: readonly string[] = [], checked: Checked | null = null): string | null {
  if (checked !== null) return checkedWords(checked);
  return assumed.length === 0 ? null : `not compared with its own program; assumed: ${assumed.join('; ')}`;
}

/** `compared with its own program, error 3e-7` */
export function checkedWords({ embedding_error, scores_error }: Checked): string {
  const largest = Math.max(embedding_error, scores_error ?? 0);
  return `compared with its own program, error ${largest === 0 ? '0' : largest.toExponential(0)}`;
}
