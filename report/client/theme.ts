/**
 * Light and dark: follows the system until a person chooses.
 *
 * Colours are `light-dark()` custom properties, and scripts cannot read their resolved values. `themeColours` therefore
 * asks a probe element.
 */
import { h, place } from './dom.js';

const CHANGED = 'report-theme';
const darkSystem = matchMedia('(prefers-color-scheme: dark)');

export function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme'];
  return chosen === undefined ? darkSystem.matches : chosen === 'dark';
}

export function addThemeSwitch(): void {
  const button = h('button', { type: 'button', class: 'quiet' });
  const name = () => {
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', isDark() ? 'Use light colours' : 'Use dark colours');
  };
  button.addEventListener('click', () => {
    document.documentElement.dataset['theme'] = isDark() ? 'light' : 'dark';
    document.dispatchEvent(new Event(CHANGED));
  });
  darkSystem.addEventListener('change', () => document.dispatchEvent(new Event(CHANGED)));
  onThemeChange(name);
  name();
  place('theme-switch')?.append(button);
}

export function onThemeChange(listener: () => void): void {
  document.addEventListener(CHANGED, listener);
}

/** Current colours of the custom properties, e.g. `rgb(20, 22, 25)`. @param names without the dashes */
export function themeColours(names: readonly string[]): string[] {
  const probe = h('span', { hidden: true });
  document.body.append(probe);
  const colours = names.map((name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  });
  probe.remove();
  return colours;
}
