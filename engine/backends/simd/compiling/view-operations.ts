import type { Op } from '../../../../graph/index.js';

/** The operations whose values are views, mostly. */
export const VIEW_OPERATIONS: ReadonlySet<Op['op']> = new Set([
  'identity',
  'flatten',
  'reshape',
  'permute',
  'select',
  'slice',
  'expand',
  'pixelShuffle',
]);
