/** The engines that Node has. */
import { onnxruntime } from './onnxruntime/description.js';
import { simd } from './simd/description.js';
import { tensorflow } from './tensorflow/description.js';
import { webgpu } from './webgpu/description.js';

/** In the order in which help and `doctor` list them. */
export const ENGINES = [webgpu, tensorflow, onnxruntime, simd] as const;
