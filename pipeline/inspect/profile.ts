/** What is in a profile. */
import { readProfile } from '../measure/profiles.js';

export interface ProfileInspection {
  kind: 'profile';
  rows: number;
  dimensions: number;
  clusters: number;
  counts: readonly number[];
  tap: string | null;
  weights_sha256: string | null;
  /** What is known of these weights beyond that; null: nothing. */
  weights_note: string | null;
}

export async function inspectProfile(path: string): Promise<ProfileInspection> {
  const { rows, dimensions, centroids, counts, tap, weightsSha256, weightsNote = null } = await readProfile(path);
  const weights = { weights_sha256: weightsSha256, weights_note: weightsNote };
  return { kind: 'profile', rows, dimensions, clusters: centroids.rows, counts, tap, ...weights };
}
