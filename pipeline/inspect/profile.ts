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
}

export async function inspectProfile(path: string): Promise<ProfileInspection> {
  const { rows, dimensions, centroids, counts, tap, weightsSha256 } = await readProfile(path);
  return { kind: 'profile', rows, dimensions, clusters: centroids.rows, counts, tap, weights_sha256: weightsSha256 };
}
