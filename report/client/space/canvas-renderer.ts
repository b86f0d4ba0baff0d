/** The cloud without WebGL, on a 2-D canvas: farthest points first. */
import { type PerspectiveCamera, Vector3 } from 'three';
import { type Cloud, FADE, FADE_DEPTH, type PointRenderer } from './point-renderer.js';

export class CanvasRenderer implements PointRenderer {
  readonly element = document.createElement('canvas');
  #width = 1;
  #height = 1;
  #pixelRatio = 1;

  resize(width: number, height: number, pixelRatio: number): void {
    this.#width = width;
    this.#height = height;
    this.#pixelRatio = pixelRatio;
    this.element.width = Math.round(width * pixelRatio);
    this.element.height = Math.round(height * pixelRatio);
    this.element.style.width = `${width}px`;
    this.element.style.height = `${height}px`;
  }

  draw(cloud: Cloud, camera: PerspectiveCamera, paper: readonly number[]): void {
    const context = this.element.getContext('2d');
    if (context === null) return;
    context.setTransform(this.#pixelRatio, 0, 0, this.#pixelRatio, 0, 0);
    context.clearRect(0, 0, this.#width, this.#height);
    const distance = camera.position.length();
    for (const { index, x, y, depth } of farthestFirst(cloud, camera)) {
      const fade = FADE * clamp(((depth - distance) / FADE_DEPTH) * 0.5 + 0.5);
      context.fillStyle = mix([...cloud.colours.subarray(index * 3, index * 3 + 3)], paper, fade);
      context.beginPath();
      context.arc(
        ((x + 1) / 2) * this.#width,
        ((1 - y) / 2) * this.#height,
        (cloud.sizes[index]! * distance) / depth / 2,
        0,
        7,
      );
      context.fill();
    }
  }
}

interface SeenPoint {
  index: number;
  /** Place in the picture, −1 … 1. */
  x: number;
  y: number;
  depth: number;
}

function farthestFirst({ positions, sizes }: Cloud, camera: PerspectiveCamera): SeenPoint[] {
  const point = new Vector3();
  const seen: SeenPoint[] = [];
  sizes.forEach((size, index) => {
    if (size === 0) return;
    const depth = -point.fromArray(positions, index * 3).applyMatrix4(camera.matrixWorldInverse).z;
    if (depth < camera.near) return;
    point.applyMatrix4(camera.projectionMatrix);
    seen.push({ index, x: point.x, y: point.y, depth });
  });
  return seen.sort((a, b) => b.depth - a.depth);
}

function mix(colour: readonly number[], paper: readonly number[], share: number): string {
  const parts = colour.map((part, i) => Math.round(255 * (part * (1 - share) + paper[i]! * share)));
  return `rgb(${parts.join(' ')})`;
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}
