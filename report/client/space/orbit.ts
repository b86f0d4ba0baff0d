/** The camera: where it sees a point, and how it is turned and zoomed, by pointer, wheel and keys. */

/** Radians around the vertical axis and down from it, and the distance from the centre of the cloud. */
const START = { theta: 0.583, phi: 1.2587, radius: 2.769 };
const TURN = Math.PI / 24;
const ZOOM = 1.2;
const NEAREST = 0.6;
const FARTHEST = 9;
/** Short of the poles, where left and right would change places. */
const POLE = 0.05;
/** The angle of view from top to bottom. */
const FOCUS = 1 / Math.tan((19 * Math.PI) / 180);
/** What is nearer to the camera is behind its lens. */
const NEAR = 0.05;
/** Pixels of a step of the wheel, by `WheelEvent.deltaMode`. */
const WHEEL_STEPS = [1, 16, 100];

export interface SeenPoint {
  /** Pixels from the upper left corner of the view. */
  x: number;
  y: number;
  /** From the camera, along its axis. */
  depth: number;
}

export class Orbit {
  #place = { ...START };
  #size = { width: 1, height: 1 };
  /** Fingers, or the mouse, that are down: where each was last. */
  readonly #down = new Map<number, { x: number; y: number }>();
  readonly #onChange: () => void;

  /** @param onChange called after each move of the camera */
  constructor(element: HTMLElement, onChange: () => void) {
    this.#onChange = onChange;
    // Up and down scrolls the page, sideways turns the cloud.
    element.style.touchAction = 'pan-y';
    element.addEventListener('pointerdown', (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      this.#down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    element.addEventListener('pointermove', (event) => this.#drag(event));
    for (const end of ['pointerup', 'pointercancel'] as const) {
      element.addEventListener(end, ({ pointerId }) => this.#down.delete(pointerId));
    }
    // A page whose scrolling stops because the pointer is here would be a trap: first the focus, then the wheel.
    element.addEventListener('wheel', (event) => {
      if (document.activeElement !== element) return;
      event.preventDefault();
      this.#nearer(0.95 ** ((WHEEL_STEPS[event.deltaMode]! * event.deltaY) / -100));
    });
  }

  get radius(): number {
    return this.#place.radius;
  }

  resize(width: number, height: number): void {
    this.#size = { width, height };
  }

  /** In steps: right and up are positive. */
  turn(right: number, up: number): void {
    this.#turnBy(right * TURN, -up * TURN);
  }

  /** In steps: nearer is positive. */
  zoom(steps: number): void {
    this.#nearer(ZOOM ** -steps);
  }

  reset(): void {
    this.#place = { ...START };
    this.#onChange();
  }

  /** Where the camera sees points, `[points, 3]`; null for one behind it or outside of the view. */
  lens(positions: Float32Array): (point: number) => SeenPoint | null {
    const { theta, phi, radius } = this.#place;
    const { width, height } = this.#size;
    const [sinT, cosT, sinP, cosP] = [Math.sin(theta), Math.cos(theta), Math.sin(phi), Math.cos(phi)];
    // Narrow views would cut the cloud off at its sides.
    const scale = (FOCUS * Math.min(1, width / height / 1.15) * height) / 2;
    return (point) => {
      const [x, y, z] = positions.subarray(3 * point, 3 * point + 3) as unknown as [number, number, number];
      const depth = radius - sinP * (sinT * x + cosT * z) - cosP * y;
      const right = width / 2 + (scale * (cosT * x - sinT * z)) / depth;
      const down = height / 2 - (scale * (sinP * y - cosP * (sinT * x + cosT * z))) / depth;
      const isSeen = depth >= NEAR && right >= 0 && right <= width && down >= 0 && down <= height;
      return isSeen ? { x: right, y: down, depth } : null;
    };
  }

  /** One finger turns, two zoom. */
  #drag({ pointerId, clientX: x, clientY: y }: PointerEvent): void {
    const before = this.#down.get(pointerId);
    if (before === undefined) return;
    const [other] = [...this.#down].filter(([id]) => id !== pointerId).map(([, place]) => place);
    this.#down.set(pointerId, { x, y });
    if (other === undefined) {
      const angle = (2 * Math.PI) / this.#size.height;
      this.#turnBy((before.x - x) * angle, (before.y - y) * angle);
    } else {
      const apart = (place: { x: number; y: number }) => Math.hypot(place.x - other.x, place.y - other.y);
      this.#nearer(apart(before) / Math.max(1, apart({ x, y })));
    }
  }

  #turnBy(theta: number, phi: number): void {
    this.#place.theta += theta;
    this.#place.phi = Math.min(Math.max(this.#place.phi + phi, POLE), Math.PI - POLE);
    this.#onChange();
  }

  /** @param share of the distance that is left */
  #nearer(share: number): void {
    this.#place.radius = Math.min(Math.max(this.#place.radius * share, NEAREST), FARTHEST);
    this.#onChange();
  }
}
