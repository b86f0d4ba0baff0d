/** A cause as it was made again, in words for people. */
import { causeSummary } from '../../data/index.js';
import type { ExplainedCause } from './explanation.js';

/** What happened: `darker`, `blurred by motion`. */
export function causeName({ family, strength, make }: ExplainedCause): string {
  return family === 'class_mix' ? 'other shares of the classes' : causeSummary({ family, make: make!, strength });
}

/** How it was made again: `brightness (factor), factor 0.389`. */
export function causeMaking({ family, make, strength, unit }: ExplainedCause): string {
  const name = family.replaceAll('_', ' ');
  if (unit === 'there') return `${name} (${make?.replaceAll('_', ' ')})`;
  return `${name}${make === null ? '' : ` (${make.replaceAll('_', ' ')})`}, ${unit} ${Number(strength.toPrecision(3))}`;
}
