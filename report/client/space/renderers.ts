/** What can draw the cloud of points: one file a way of drawing. */
import {
  BufferAttribute,
  BufferGeometry,
  type PerspectiveCamera,
  Points,
  Scene,
  ShaderMaterial,
  Vector3,
  WebGLRenderer,
} from 'three';

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
const FADE = 0.6;
/** Depths over which points fade, as distances from the centre of the cloud. */
const FADE_DEPTH = 1.3;

/** The cloud by WebGL: round, shaded by depth, drawn only when asked to. */
const VERTEX = `
attribute vec3 colour;
attribute float size;
uniform float pixelRatio;
uniform float distance;
varying vec3 vColour;
varying float vDepth;
varying float vSize;
void main() {
  vec4 seen = modelViewMatrix * vec4(position, 1.0);
  float depth = -seen.z;
  vColour = colour;
  vDepth = clamp((depth - distance) / ${FADE_DEPTH.toFixed(2)} * 0.5 + 0.5, 0.0, 1.0);
  vSize = size * pixelRatio * distance / depth;
  gl_PointSize = size > 0.0 ? vSize + 2.0 : 0.0;
  gl_Position = size > 0.0 ? projectionMatrix * seen : vec4(2.0, 2.0, 2.0, 1.0);
}`;

const FRAGMENT = `
uniform vec3 paper;
varying vec3 vColour;
varying float vDepth;
varying float vSize;
void main() {
  float fromEdge = (0.5 - length(gl_PointCoord - 0.5)) * (vSize + 2.0);
  if (fromEdge < 0.5) discard;
  vec3 faded = mix(vColour, paper, vDepth * ${FADE.toFixed(2)});
  float inside = clamp(fromEdge - 0.75, 0.0, 1.0);
  gl_FragColor = vec4(mix(mix(faded, paper, 0.75), faded, inside), 1.0);
}`;

class WebglRenderer implements PointRenderer {
  readonly element: HTMLCanvasElement;
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #geometry = new BufferGeometry();
  readonly #material = new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms: { pixelRatio: { value: 1 }, distance: { value: 1 }, paper: { value: new Vector3(1, 1, 1) } },
  });

  constructor(canvas: HTMLCanvasElement, context: WebGL2RenderingContext) {
    this.element = canvas;
    this.#renderer = new WebGLRenderer({ canvas, context, antialias: true, alpha: true });
    this.#renderer.setClearColor(0x000000, 0);
    const points = new Points(this.#geometry, this.#material);
    points.frustumCulled = false;
    this.#scene.add(points);
  }

  resize(width: number, height: number, pixelRatio: number): void {
    this.#renderer.setPixelRatio(pixelRatio);
    this.#renderer.setSize(width, height);
    this.#material.uniforms['pixelRatio']!.value = pixelRatio;
  }

  draw({ positions, colours, sizes }: Cloud, camera: PerspectiveCamera, paper: readonly number[]): void {
    this.#set('position', positions, 3);
    this.#set('colour', colours, 3);
    this.#set('size', sizes, 1);
    this.#material.uniforms['distance']!.value = camera.position.length();
    (this.#material.uniforms['paper']!.value as Vector3).fromArray([...paper]);
    this.#renderer.render(this.#scene, camera);
  }

  #set(name: string, values: Float32Array, itemSize: number): void {
    const attribute = this.#geometry.getAttribute(name);
    if (attribute === undefined || attribute.array !== values) {
      this.#geometry.setAttribute(name, new BufferAttribute(values, itemSize));
    } else {
      attribute.needsUpdate = true;
    }
  }
}

/** Null where the browser has no WebGL 2; asked before three.js is, which would report it as an error. */
export function webglRenderer(): PointRenderer | null {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('webgl2', { antialias: true, alpha: true });
  if (context === null) return null;
  try {
    return new WebglRenderer(canvas, context);
  } catch {
    return null;
  }
}

/** The cloud without WebGL, on a 2-D canvas: farthest points first. */
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
