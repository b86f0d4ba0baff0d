/** The engines that a page has: `imports` of `package.json` puts them in the place of `engines.ts`. */
import { webgpu } from './page-webgpu/description.js';
import { simd } from './simd/description.js';

export const ENGINES = [webgpu, simd] as const;
