/** An image with lines below it that say what it is and what was predicted. */
import { shorten } from '../format.js';
import { h } from './dom.js';

/**
 * @param kind begins the names of its classes: `KIND-figure`, and `KIND-wrong` for a wrong prediction
 * @param lines the first is its title
 */
export function imageFigure(
  kind: string,
  image: HTMLElement,
  lines: readonly (HTMLElement | null)[],
  isWrong = false,
): HTMLElement {
  const name = `image-figure ${kind}-figure`;
  return h('figure', { class: isWrong ? `${name} ${kind}-wrong` : name }, image, h('figcaption', {}, ...lines));
}

/** `predicted cat`; null where it is not known. @param length of the value at most */
export function captionLine(name: string, value: string | null, length: number, after = ''): HTMLElement | null {
  return value === null ? null : h('span', {}, `${name} ${shorten(value, length)}${after}`);
}
