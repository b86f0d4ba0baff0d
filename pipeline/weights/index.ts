/** A separate entry for models as users name them: on a disk, or on the Hugging Face Hub. */
export { type GivenModel, type GivenModelOptions, givenModel } from './given-model.js';
export { type ReadyWeights, type ReadyWeightsOptions, readyWeights } from './ready-weights.js';
