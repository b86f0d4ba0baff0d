/** Coordinates as they come → positions around the origin that fill the view. */

/** Share of the points that fill the view; the few farther ones may leave it. */
const FILLING = 0.995;

/**
 * Centred on the middle of each axis' range (a cloud with long arms has its mean far from there), scaled so that nearly
 * all points are within 1; points with a coordinate that is not finite are NaN.
 */
export function layoutOf(coordinates: readonly (number | null)[]): Float32Array {
  const values = Float32Array.from(coordinates, (value) => value ?? Number.NaN);
  const rows = Math.floor(values.length / 3);
  const usable = Array.from({ length: rows }, (_, i) => i).filter((i) => isUsable(values, i));
  const centre = [0, 1, 2].map((axis) => middle(usable.map((i) => values[i * 3 + axis]!)));
  for (let i = 0; i < values.length; i++) values[i]! -= centre[i % 3]!;
  const radii = usable
    .map((i) => Math.hypot(values[i * 3]!, values[i * 3 + 1]!, values[i * 3 + 2]!))
    .sort((a, b) => a - b);
  const radius = radii[Math.floor((radii.length - 1) * FILLING)] || 1;
  return values.map((value) => value / radius);
}

/** The middle of the range that `FILLING` of the values lie in. */
function middle(values: number[]): number {
  const sorted = values.sort((a, b) => a - b);
  const outside = Math.floor(((1 - FILLING) / 2) * sorted.length);
  return ((sorted[outside] ?? 0) + (sorted[sorted.length - 1 - outside] ?? 0)) / 2;
}

export function isUsable(positions: Float32Array, point: number): boolean {
  return [0, 1, 2].every((axis) => Number.isFinite(positions[point * 3 + axis]));
}
