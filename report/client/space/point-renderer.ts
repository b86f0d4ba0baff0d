/** What can draw the cloud of points: one file a way of drawing. */
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
  /** @param paper colour behind the points, towards which far ones fade; from 0 to 1 each */
  draw(cloud: Cloud, camera: PerspectiveCamera, paper: readonly number[]): void;
}

/** How much of the paper's colour the farthest points take. */
export const FADE = 0.6;
/** Depths over which points fade, as distances from the centre of the cloud. */
export const FADE_DEPTH = 1.3;
