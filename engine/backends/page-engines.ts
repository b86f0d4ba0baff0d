/** The engines that a page has: `imports` of `package.json` puts them in the place of `engines.ts`. */
import { simd } from './simd/description.js';

export const ENGINES = [simd] as const;
