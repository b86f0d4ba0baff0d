/** What can be chosen about the cloud: layout, colours, sets. Only elements; what they do is told to the view. */
import { h, s } from '../dom.js';
import type { ColourKey } from './palette.js';

export interface Choice<T extends string> {
  value: T;
  text: string;
}

/** A row of radio buttons that looks like one switch. */
export function segments<T extends string>(
  name: string,
  title: string,
  choices: readonly Choice<T>[],
  onChoose: (value: T) => void,
): HTMLElement {
  const options = choices.map(({ value, text }, i) => {
    const radio = h('input', { type: 'radio', name, value });
    radio.checked = i === 0;
    radio.addEventListener('change', () => onChoose(value));
    return h('label', {}, radio, h('span', {}, text));
  });
  return h('fieldset', { class: 'segments' }, h('legend', {}, title), ...options);
}

interface SetList {
  element: HTMLElement;
  /** Ticks exactly these. */
  tick(sets: ReadonlySet<number>): void;
  /** Swatches mean something only while colours stand for sets. */
  showSwatches(shown: boolean): void;
}

/** @param colours per set, custom properties without their dashes */
export function setList(
  names: readonly string[],
  counts: readonly number[],
  colours: readonly string[],
  onToggle: (set: number, shown: boolean) => void,
): SetList {
  const boxes = names.map((_, set) => {
    const box = h('input', { type: 'checkbox' });
    box.addEventListener('change', () => onToggle(set, box.checked));
    return box;
  });
  const items = names.map((name, set) =>
    h(
      'li',
      {},
      h(
        'label',
        {},
        boxes[set]!,
        swatch(colours[set]!),
        h('span', { class: 'set-name' }, name),
        h('small', {}, String(counts[set])),
      ),
    ),
  );
  const list = h('ul', {}, ...items);
  return {
    element: h('fieldset', { class: 'sets' }, h('legend', {}, 'Shown sets'), list),
    tick(sets) {
      boxes.forEach((box, set) => {
        box.checked = sets.has(set);
      });
    },
    showSwatches(shown) {
      list.classList.toggle('without-swatches', !shown);
    },
  };
}

export function colourKey(keys: readonly ColourKey[]): HTMLElement[] {
  return keys.map(({ colour, name }) => h('li', {}, swatch(colour), name));
}

export function iconButton(name: string, path: string, act: () => void): HTMLElement {
  const icon = s('svg', { viewBox: '0 0 16 16', class: 'arrow', 'aria-hidden': 'true' }, s('path', { d: path }));
  const button = h('button', { type: 'button', 'aria-label': name, title: name }, icon);
  button.addEventListener('click', act);
  return button;
}

function swatch(colour: string): HTMLElement {
  const element = h('i', { class: 'swatch', 'aria-hidden': 'true' });
  element.style.background = `var(--${colour})`;
  return element;
}
