export {
  type ModelConfig,
  modelConfigSchema,
  type Preprocessing,
  preprocessingSchema,
  type Tensor,
  type Weights,
} from './model-config.js';
