/** Turns and zooms the camera by dragging, by keys, and by the wheel once the view has the focus. */
import { PerspectiveCamera, Spherical, Vector3 } from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';

const START = new Vector3(1.45, 0.85, 2.2);
const TURN = Math.PI / 24;
const ZOOM = 1.2;
const NEAREST = 0.6;
const FARTHEST = 9;
/** Distance to keep from the poles, where left and right would swap. */
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
    // The wheel zooms only after the view has the focus. Otherwise the page would stop scrolling under the pointer.
    this.#controls.enableZoom = false;
    element.addEventListener('focus', () => {
      this.#controls.enableZoom = true;
    });
    element.addEventListener('blur', () => {
      this.#controls.enableZoom = false;
    });
    // The same for fingers: up and down scrolls the page, sideways turns the cloud.
    element.style.touchAction = 'pan-y';
    this.#controls.addEventListener('change', onChange);
    this.#controls.update();
  }

  resize(width: number, height: number): void {
    this.camera.aspect = width / height;
    // Otherwise narrow views would cut off the cloud at its sides.
    this.camera.zoom = Math.min(1, this.camera.aspect / 1.15);
    this.camera.updateProjectionMatrix();
  }

  /** Turns by steps; right and up are positive. */
  turn(right: number, up: number): void {
    this.#move((place) => {
      place.theta += right * TURN;
      place.phi = Math.min(Math.max(place.phi - up * TURN, POLE), Math.PI - POLE);
    });
  }

  /** Zooms by steps; nearer is positive. */
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
