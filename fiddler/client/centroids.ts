/** Centroids that a server computed. They define the bins of its vector drift. */
import type { ModelSpec } from './schemas/model.js';

/**
 * The centroids of a custom feature, `[clusters][dimensions]`; null if the server gave none.
 *
 * A server keeps them in the feature itself, or only in the `centroid_distance` enrichment that it adds for the feature
 * (`config.cf`).
 */
export function centroidsOf(spec: ModelSpec, feature: string): number[][] | null {
  for (const { name, centroids } of spec.custom_features) {
    if (name === feature && isMatrix(centroids)) return centroids;
  }
  for (const { type, config } of spec.custom_features) {
    if (type !== 'ENRICHMENT') continue;
    const about = member(config, 'cf');
    const found = member(about, 'centroids');
    if (member(about, 'name') === feature && isMatrix(found)) return found;
  }
  return null;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function isMatrix(value: unknown): value is number[][] {
  if (!Array.isArray(value) || value.length === 0) return false;
  const width: unknown = Array.isArray(value[0]) ? value[0].length : 0;
  return value.every(
    (row) => Array.isArray(row) && row.length === width && row.length > 0 && row.every(Number.isFinite),
  );
}
