/** The passes. They have an index of their own, since threads that run a network get it optimised. */
export { cutAfter, dropIdentity } from './drop-nodes.js';
export { foldConstants } from './fold-constants.js';
export { foldPadding } from './fold-padding.js';
export { foldBatchNorm, fuseActivation } from './fuse.js';
export { mergeBranches } from './merge-branches.js';
export { optimise } from './optimise.js';
export { trimTaps } from './trim-taps.js';
