/** The interface of the renderers of the point cloud. Each renderer has its own file. */
import type { PerspectiveCamera } from 'three';

export interface Cloud {
  /** `[points, 3]`, within about −1 … 1. */
  positions: Float32Array;
  /** `[points, 3]`, red, green, blue from 0 to 1. */
  colours: Float32Array;
  /** `[points]`, diameter in pixels at the distance of the centre; 0 hides a point. */
  sizes: Float32Array;
}

export interface PointRenderer {
  readonly element: HTMLCanvasElement;
  resize(width: number, height: number, pixelRatio: number): void;
  /** @param paper colour behind the points, 0 to 1 for each channel; far points fade towards it */
  draw(cloud: Cloud, camera: PerspectiveCamera, paper: readonly number[]): void;
}

/** Share of the paper's colour in the farthest points. */
export const FADE = 0.6;
/** Depth range over which points fade, in distances from the centre of the cloud. */
export const FADE_DEPTH = 1.3;
