/** The shapes of the verdicts' marks for Plot, the same as in `verdict-style.ts`. */
import type { Verdict } from '../../../drift/index.js';
import { verdictStyle } from '../../verdict-style.js';

const SYMBOLS = { drift: 'triangle', steady: 'circle', few: 'square', open: 'diamond' } as const;

export function verdictSymbol(verdict: Verdict | null): (typeof SYMBOLS)[keyof typeof SYMBOLS] {
  return SYMBOLS[verdictStyle(verdict).key];
}

export function verdictColour(verdict: Verdict | null): string {
  return `var(--${verdictStyle(verdict).key})`;
}
