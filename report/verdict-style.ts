/**
 * How each verdict looks: a word, a shape and a colour name, never a colour alone. Used in Node and in the browser.
 */
import type { Verdict } from '../drift/index.js';

export interface VerdictStyle {
  word: string;
  /** Part of class names and of colour variables in the style sheet. */
  key: 'drift' | 'steady' | 'few' | 'open';
  /** Outline in a box of 16 × 16, as an SVG path. */
  path: string;
}

const STYLES: Record<Verdict, VerdictStyle> = {
  drift: { word: 'drift', key: 'drift', path: 'M8 1.6 15.2 14.4H.8Z' },
  'no drift': { word: 'no drift', key: 'steady', path: 'M8 1.5A6.5 6.5 0 1 1 8 14.5 6.5 6.5 0 1 1 8 1.5Z' },
  'too few rows': { word: 'too few rows', key: 'few', path: 'M2.2 2.2H13.8V13.8H2.2Z' },
};

const NO_VERDICT: VerdictStyle = { word: 'no verdict', key: 'open', path: 'M8 1.2 14.8 8 8 14.8 1.2 8Z' };

export function verdictStyle(verdict: Verdict | null): VerdictStyle {
  return verdict === null ? NO_VERDICT : (STYLES[verdict] ?? NO_VERDICT);
}
