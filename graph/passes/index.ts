/** The passes. They have an index of their own, since threads that run a network get it optimised. */
export { cutAfter } from './cut-after.js';
export { dropIdentity } from './drop-identity.js';
export { foldBatchNorm } from './fold-batch-norm.js';
export { foldConstants } from './fold-constants.js';
export { foldPadding } from './fold-padding.js';
export { fuseActivation } from './fuse-activation.js';
export { mergeBranches } from './merge-branches.js';
export { optimise } from './optimise.js';
export { trimTaps } from './trim-taps.js';
