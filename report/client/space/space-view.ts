/**
 * The 3-D view. With a mouse: drag turns, hovering shows the image, a click keeps it. With keys, once the view has the
 * focus: arrows turn, + and − zoom, N and P go from point to point, Enter keeps, Escape releases, Home restarts.
 */
import type { ReportProjection } from '../../report-data.js';
import { h, onThemeChange, prefersReducedMotion } from '../dom.js';
import { describe, type Thumbnails } from '../thumbnails.js';
import { type Cloud, drawCloud, isUsable, layoutOf, nearestPoint } from './cloud.js';
import { Orbit } from './orbit.js';
import { type Palette, resolveColours, setColour } from './palette.js';
import { pointCard } from './point-table.js';

export type Layout = 'pca' | 'umap';

/** Pixels; the baseline stays in the background. */
const BASELINE_SIZE = 6;
const WINDOW_SIZE = 8;
const MORPH_MILLISECONDS = 600;
/** Pixels that a finger or mouse may move and still have clicked. */
const CLICK_REACH = 5;
const MAX_PIXEL_RATIO = 2;
/** The width of the card that hovers, as the style sheet has it. */
const CARD_WIDTH = 280;

const KEYS =
  'Arrow keys turn, plus and minus zoom, N and P go from point to point, Enter keeps the image, Escape lets go of the point, Home goes back to the start.';

export class SpaceView {
  readonly element: HTMLElement;
  readonly orbit: Orbit;
  readonly #canvas: HTMLCanvasElement;
  readonly #cloud: Cloud;
  readonly #layouts: Record<Layout, Float32Array | null>;
  readonly #ring = h('div.space-ring', { hidden: true });
  readonly #bubble = h('div.space-bubble', { hidden: true });
  readonly #announcement = h('p.vh', { 'aria-live': 'polite' });
  #colourOf: Palette['colour'] = ({ set }) => setColour(set);
  #shown: ReadonlySet<number> = new Set();
  #highlighted: number | null = null;
  #paper: readonly number[] = [1, 1, 1];
  #size = { width: 1, height: 1 };
  #frame = 0;
  readonly #projection: ReportProjection;
  readonly #thumbnails: Thumbnails;
  readonly #onKeep: (point: number) => void;

  constructor(projection: ReportProjection, thumbnails: Thumbnails, onKeep: (point: number) => void) {
    this.#projection = projection;
    this.#thumbnails = thumbnails;
    this.#onKeep = onKeep;
    this.#layouts = {
      pca: layoutOf(projection.pca),
      umap: projection.umap === null ? null : layoutOf(projection.umap),
    };
    this.#cloud = { positions: this.#layouts.pca!.slice(), colours: [], sizes: [] };
    const label = `Cloud of ${projection.points.length} images in three dimensions. ${KEYS}`;
    const canvas = h('canvas', { tabindex: 0, role: 'application', 'aria-label': label });
    this.#canvas = canvas;
    this.element = h('div.space-stage', canvas, this.#ring, this.#bubble, this.#announcement);
    this.orbit = new Orbit(canvas, () => this.#requestDraw());
    this.#listen(canvas);
    onThemeChange(() => this.#recolour());
    new ResizeObserver(() => this.#resize()).observe(this.element);
  }

  /** @param sets indices into `projection.sets` */
  showSets(sets: ReadonlySet<number>): void {
    this.#shown = sets;
    if (this.#highlighted !== null && !this.#isShown(this.#highlighted)) this.#highlight(null);
    this.#recolour();
  }

  shownPoints(): number[] {
    return this.#projection.points.flatMap((_, point) => (this.#isShown(point) ? [point] : []));
  }

  colour({ colour }: Palette): void {
    this.#colourOf = colour;
    this.#recolour();
  }

  /** Points walk to their new places, or jump for those who asked for less motion. */
  arrange(layout: Layout): void {
    const goal = this.#layouts[layout];
    if (goal === null) return;
    const from = this.#cloud.positions.slice();
    const start = performance.now();
    const duration = prefersReducedMotion() ? 0 : MORPH_MILLISECONDS;
    const step = (now: number) => {
      const passed = duration === 0 ? 1 : Math.min(Math.max((now - start) / duration, 0), 1);
      const eased = passed * passed * (3 - 2 * passed);
      this.#cloud.positions.forEach((_, i) => {
        this.#cloud.positions[i] = passed === 1 ? goal[i]! : from[i]! + (goal[i]! - from[i]!) * eased;
      });
      if (passed === 1) this.#recolour();
      this.#requestDraw();
      if (passed < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  #isShown(point: number): boolean {
    return this.#shown.has(this.#projection.points[point]!.set) && isUsable(this.#cloud.positions, point);
  }

  #recolour(): void {
    const { points } = this.#projection;
    const names = points.map((point) => this.#colourOf(point));
    const colours = resolveColours([...names, 'raised']);
    this.#paper = colours.get('raised')!;
    this.#cloud.colours = names.map((name) => colours.get(name)!);
    this.#cloud.sizes = points.map(({ set }, point) => {
      if (!this.#isShown(point)) return 0;
      return set === 0 ? BASELINE_SIZE : WINDOW_SIZE;
    });
    this.#requestDraw();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (width === 0 || height === 0) return;
    this.#size = { width, height };
    const ratio = Math.min(devicePixelRatio, MAX_PIXEL_RATIO);
    Object.assign(this.#canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
    Object.assign(this.#canvas.style, { width: `${width}px`, height: `${height}px` });
    this.orbit.resize(width, height);
    this.#draw();
  }

  /** Once before the next frame, however often it is asked for. */
  #requestDraw(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    drawCloud(this.#canvas, this.#cloud, this.orbit, this.#paper);
    this.#placeHighlight();
  }

  #listen(canvas: HTMLCanvasElement): void {
    let pressed: { x: number; y: number } | null = null;
    canvas.addEventListener('pointerdown', ({ offsetX, offsetY }) => {
      canvas.focus({ preventScroll: true });
      pressed = { x: offsetX, y: offsetY };
    });
    canvas.addEventListener('pointermove', ({ offsetX, offsetY, buttons }) => {
      this.#highlight(buttons === 0 ? this.#pointAt(offsetX, offsetY) : null);
    });
    canvas.addEventListener('pointerup', ({ offsetX, offsetY }) => {
      const still = pressed !== null && Math.hypot(offsetX - pressed.x, offsetY - pressed.y) < CLICK_REACH;
      pressed = null;
      if (!still) return;
      this.#highlight(this.#pointAt(offsetX, offsetY));
      this.#keep();
    });
    canvas.addEventListener('pointerleave', () => this.#highlight(null));
    canvas.addEventListener('keydown', (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const act = this.#keyAction(event.key);
      if (act === null) return;
      event.preventDefault();
      act();
    });
  }

  #keyAction(key: string): (() => void) | null {
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.orbit.turn(-1, 0),
      ArrowRight: () => this.orbit.turn(1, 0),
      ArrowUp: () => this.orbit.turn(0, 1),
      ArrowDown: () => this.orbit.turn(0, -1),
      '+': () => this.orbit.zoom(1),
      '=': () => this.orbit.zoom(1),
      '-': () => this.orbit.zoom(-1),
      Home: () => this.orbit.reset(),
      n: () => this.#stepPoint(1),
      p: () => this.#stepPoint(-1),
      Enter: () => this.#keep(),
      Escape: () => this.#highlight(null),
    };
    return actions[key.length === 1 ? key.toLowerCase() : key] ?? null;
  }

  #pointAt(x: number, y: number): number | null {
    return nearestPoint(this.#cloud, this.orbit, { x, y });
  }

  #stepPoint(by: number): void {
    const seenAt = this.orbit.lens(this.#cloud.positions);
    const seen = this.shownPoints().filter((point) => seenAt(point) !== null);
    if (seen.length === 0) return;
    const at = this.#highlighted === null ? (by > 0 ? -1 : 0) : seen.indexOf(this.#highlighted);
    const point = seen[(at + by + seen.length) % seen.length]!;
    this.#highlight(point);
    this.#announcement.textContent = this.#describePoint(point);
  }

  #keep(): void {
    if (this.#highlighted === null) return;
    this.#onKeep(this.#highlighted);
    this.#announcement.textContent = `Kept: ${this.#describePoint(this.#highlighted)}`;
  }

  #describePoint(point: number): string {
    const { set, cluster } = this.#projection.points[point]!;
    return `${describe(this.#projection.points[point]!)}, set ${this.#projection.sets[set] ?? ''}, cluster ${cluster + 1}`;
  }

  #highlight(point: number | null): void {
    if (point === this.#highlighted) return;
    this.#highlighted = point;
    this.#canvas.classList.toggle('over-point', point !== null);
    this.#ring.hidden = point === null;
    this.#bubble.hidden = point === null;
    if (point === null) return;
    const data = this.#projection.points[point]!;
    this.#bubble.replaceChildren(pointCard(data, this.#projection.sets[data.set] ?? '', this.#thumbnails));
    this.#placeHighlight();
  }

  #placeHighlight(): void {
    if (this.#highlighted === null) return;
    const place = this.orbit.lens(this.#cloud.positions)(this.#highlighted);
    this.#ring.hidden = place === null;
    this.#bubble.hidden = place === null;
    if (place === null) return;
    this.#ring.style.transform = `translate(${place.x}px, ${place.y}px)`;
    const { offsetHeight } = this.#bubble;
    const width = Math.min(CARD_WIDTH, this.#size.width);
    const left = place.x + 16 + width <= this.#size.width ? place.x + 16 : Math.max(0, place.x - 16 - width);
    const top = Math.min(Math.max(place.y - offsetHeight / 2, 4), Math.max(this.#size.height - offsetHeight - 4, 4));
    this.#bubble.style.transform = `translate(${left}px, ${top}px)`;
  }
}
