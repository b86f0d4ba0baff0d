/** Turning and zooming: by dragging, by the wheel once the view has the focus, and by keys. */
import { PerspectiveCamera, Spherical, Vector3 } from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';

const START = new Vector3(1.45, 0.85, 2.2);
const TURN = Math.PI / 24;
const ZOOM = 1.2;
const NEAREST = 0.6;
const FARTHEST = 9;
/** Short of the poles, where left and right would change places. */
const POLE = 0.05;

export class Orbit {
  readonly camera = new PerspectiveCamera(38, 1, 0.05, 50);
  readonly #controls: OrbitControls;

  /** @param onChange called after each move of the camera */
  constructor(element: HTMLElement, onChange: () => void) {
    this.camera.position.copy(START);
    this.#controls = new OrbitControls(this.camera, element);
    this.#controls.enablePan = false;
    this.#controls.minDistance = NEAREST;
    this.#controls.maxDistance = FARTHEST;
    // A page that stops scrolling because the pointer happens to be here would be a trap: first the focus, then the wheel.
    this.#controls.enableZoom = false;
    element.addEventListener('focus', () => {
      this.#controls.enableZoom = true;
    });
    element.addEventListener('blur', () => {
      this.#controls.enableZoom = false;
    });
    // Likewise for fingers: up and down scrolls the page, sideways turns the cloud.
    element.style.touchAction = 'pan-y';
    this.#controls.addEventListener('change', onChange);
    this.#controls.update();
  }

  resize(width: number, height: number): void {
    this.camera.aspect = width / height;
    // Narrow views would cut the cloud off at its sides.
    this.camera.zoom = Math.min(1, this.camera.aspect / 1.15);
    this.camera.updateProjectionMatrix();
  }

  /** In steps: right and up are positive. */
  turn(right: number, up: number): void {
    this.#move((place) => {
      place.theta += right * TURN;
      place.phi = Math.min(Math.max(place.phi - up * TURN, POLE), Math.PI - POLE);
    });
  }

  /** In steps: nearer is positive. */
  zoom(steps: number): void {
    this.#move((place) => {
      place.radius = Math.min(Math.max(place.radius * ZOOM ** -steps, NEAREST), FARTHEST);
    });
  }

  reset(): void {
    this.camera.position.copy(START);
    this.#controls.update();
  }

  #move(change: (place: Spherical) => void): void {
    const place = new Spherical().setFromVector3(this.camera.position);
    change(place);
    this.camera.position.setFromSpherical(place);
    this.#controls.update();
  }
}
