/** Where points are on the screen, and which one is under the pointer. */
import { type PerspectiveCamera, Vector3 } from 'three';
import type { Cloud } from './renderers.js';

/** Pixels from the pointer at which a point is still meant. */
const REACH = 14;

export interface ScreenPlace {
  /** Pixels from the upper left corner of the view. */
  x: number;
  y: number;
  depth: number;
}

/** Null for a point behind the camera or outside the view. */
export function screenPlace(
  cloud: Cloud,
  point: number,
  camera: PerspectiveCamera,
  width: number,
  height: number,
): ScreenPlace | null {
  const place = new Vector3().fromArray(cloud.positions, point * 3).project(camera);
  if (!(Math.abs(place.x) <= 1 && Math.abs(place.y) <= 1 && Math.abs(place.z) <= 1)) return null;
  return { x: ((place.x + 1) / 2) * width, y: ((1 - place.y) / 2) * height, depth: place.z };
}

/** The nearest shown point within reach, the one in front where several overlap; null for none. */
export function nearestPoint(
  cloud: Cloud,
  camera: PerspectiveCamera,
  { width, height }: { width: number; height: number },
  at: { x: number; y: number },
): number | null {
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let point = 0; point < cloud.sizes.length; point++) {
    if (cloud.sizes[point] === 0) continue;
    const place = screenPlace(cloud, point, camera, width, height);
    if (place === null) continue;
    const distance = Math.hypot(place.x - at.x, place.y - at.y);
    if (distance > REACH) continue;
    // Half a dozen pixels count as the same place: there the front one is meant.
    const cost = Math.floor(distance / 6) + place.depth;
    if (cost < least) [best, least] = [point, cost];
  }
  return best;
}

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
