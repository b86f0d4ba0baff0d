/** Where points are on the screen, and which one is under the pointer. */
import { type PerspectiveCamera, Vector3 } from 'three';
import type { Cloud } from './point-renderer.js';

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
