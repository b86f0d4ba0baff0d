import type { Orbit } from './orbit.js';

export interface Cloud {
  /** `[points, 3]`, within about −1 … 1. */
  positions: Float32Array;
  /** Red, green, blue from 0 to 1 of each point. */
  colours: (readonly number[])[];
  /** Diameters in pixels at the distance of the centre; 0 hides a point. */
  sizes: number[];
}

/** How much of the paper's colour the farthest points take, and the rim of each point. */
const FADE = 0.6;
const RIM = 0.75;
/** Depths over which points fade, as distances from the centre of the cloud. */
const FADE_DEPTH = 1.3;
/** Pixels from the pointer at which a point is still meant. */
const REACH = 14;

/** Farthest points first. @param paper colour behind the points, towards which far ones fade */
export function drawCloud(
  canvas: HTMLCanvasElement,
  { positions, colours, sizes }: Cloud,
  orbit: Orbit,
  paper: readonly number[],
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const ratio = canvas.width / canvas.clientWidth;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  const seenAt = orbit.lens(positions);
  const seen = sizes.flatMap((size, point) => {
    const place = size === 0 ? null : seenAt(point);
    return place === null ? [] : { ...place, size, colour: colours[point]! };
  });
  for (const { x, y, depth, size, colour } of seen.sort((a, b) => b.depth - a.depth)) {
    const away = ((depth - orbit.radius) / FADE_DEPTH + 1) / 2;
    const faded = mix(colour, paper, FADE * Math.min(Math.max(away, 0), 1));
    context.fillStyle = css(faded);
    context.strokeStyle = css(mix(faded, paper, RIM));
    context.beginPath();
    context.arc(x, y, (size * orbit.radius) / depth / 2, 0, 7);
    context.fill();
    context.stroke();
  }
}

function mix(colour: readonly number[], paper: readonly number[], share: number): number[] {
  return colour.map((part, i) => part * (1 - share) + paper[i]! * share);
}

function css(colour: readonly number[]): string {
  return `rgb(${colour.map((part) => Math.round(255 * part)).join(' ')})`;
}

/** The nearest shown point within reach, the one in front where several overlap; null for none. */
export function nearestPoint({ positions, sizes }: Cloud, orbit: Orbit, at: { x: number; y: number }): number | null {
  const seenAt = orbit.lens(positions);
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const [point, size] of sizes.entries()) {
    const place = size === 0 ? null : seenAt(point);
    if (place === null) continue;
    const distance = Math.hypot(place.x - at.x, place.y - at.y);
    // Half a dozen pixels count as the same place: there the front one is meant.
    const cost = Math.floor(distance / 6) + place.depth / 100;
    if (distance <= REACH && cost < least) [best, least] = [point, cost];
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
  const radii = usable.map((i) => Math.hypot(...values.subarray(i * 3, i * 3 + 3))).sort((a, b) => a - b);
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
  return positions.subarray(point * 3, point * 3 + 3).every(Number.isFinite);
}
