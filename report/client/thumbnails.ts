/** Shows single images of the thumbnail sheet, as elements with a part of it as their background. */
import { shorten } from '../format.js';
import type { ThumbnailSheet } from '../report-data.js';
import type { Exemplar } from '../section-data.js';
import { h } from './dom.js';

/** Class of the elements that have a part of a sheet; each sheet has its own. */
type SheetName = 'thumbnail' | 'picture' | 'remade';

/** Longest part of a name that fits a frame without an image. */
const MISSING_LENGTH = 24;

export class Thumbnails {
  readonly #sheet: ThumbnailSheet | null;
  readonly #name: SheetName;
  #decoded: Promise<HTMLImageElement> | null = null;

  constructor(sheet: ThumbnailSheet | null, name: SheetName) {
    this.#sheet = sheet;
    this.#name = name;
    if (sheet === null) return;
    // A constructed style sheet belongs to the script, so the policy's hashes do not apply to it.
    const rules = new CSSStyleSheet();
    rules.insertRule(`.sheet-${name} { background-image: url("${sheet.uri}"); }`);
    document.adoptedStyleSheets.push(rules);
  }

  /** @param size longer side in CSS pixels. Without an image the frame is empty. */
  image(exemplar: Exemplar, size: number): HTMLElement {
    const sheet = this.#sheet;
    const { thumbnail } = exemplar;
    if (sheet === null || thumbnail === null || !(thumbnail >= 0)) {
      const name = shorten(exemplar.label, MISSING_LENGTH);
      return h('span.thumbnail-missing', { role: 'img', 'aria-label': `${describe(exemplar)}; no image` }, name);
    }
    const scale = size / Math.max(sheet.width, sheet.height);
    const [width, height] = [sheet.width * scale, sheet.height * scale];
    const element = h('span', {
      class: `thumbnail sheet-${this.#name}`,
      role: 'img',
      'aria-label': describe(exemplar),
    });
    if (scale > 1) element.classList.add('enlarged');
    const column = thumbnail % sheet.columns;
    const row = Math.floor(thumbnail / sheet.columns);
    Object.assign(element.style, {
      width: `${width}px`,
      height: `${height}px`,
      backgroundSize: `${sheet.columns * width}px ${sheet.rows * height}px`,
      backgroundPosition: `${-column * width}px ${-row * height}px`,
    });
    return element;
  }

  /** The image as a picture of its own; null where there is none. */
  async dataUri({ thumbnail }: Exemplar): Promise<string | null> {
    const sheet = this.#sheet;
    if (sheet === null || thumbnail === null) return null;
    this.#decoded ??= decoded(sheet.uri);
    const { width, height, columns } = sheet;
    const canvas = h('canvas', { width, height });
    const [left, top] = [(thumbnail % columns) * width, Math.floor(thumbnail / columns) * height];
    canvas.getContext('2d')?.drawImage(await this.#decoded, left, top, width, height, 0, 0, width, height);
    return canvas.toDataURL('image/png');
  }
}

async function decoded(uri: string): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return image;
}

/** `cat.png, labelled cat, predicted dog, site plant 3` */
export function describe({ label, target, predicted, facts = [], plain }: Exemplar): string {
  return [
    label,
    plain ?? null,
    target === null ? null : `labelled ${target}`,
    predicted === null ? null : `predicted ${predicted}`,
    ...facts.map(({ name, value }) => `${name} ${value}`),
  ]
    .filter((text) => text !== null)
    .join(', ');
}

/** True or false; null if label or prediction is not known. */
export function isCorrect({ target, predicted }: Exemplar): boolean | null {
  return target === null || predicted === null ? null : target === predicted;
}

/** @param kind begins its classes: `KIND-figure`; `KIND-wrong` for a wrong prediction @param lines title first */
export function imageFigure(
  kind: string,
  image: HTMLElement,
  lines: readonly (HTMLElement | null)[],
  isWrong = false,
): HTMLElement {
  const name = `image-figure ${kind}-figure`;
  return h('figure', { class: isWrong ? `${name} ${kind}-wrong` : name }, image, h('figcaption', ...lines));
}

/** `predicted cat`; null where it is not known. @param length of the value at most */
export function captionLine(name: string, value: string | null, length: number, after = ''): HTMLElement | null {
  return value === null ? null : h('span', `${name} ${shorten(value, length)}${after}`);
}
