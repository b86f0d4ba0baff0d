/** The cloud by WebGL: round, shaded by depth, drawn only when asked to. */
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
import { type Cloud, FADE, FADE_DEPTH, type PointRenderer } from './point-renderer.js';

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
