/** For the entry of this package that brings the engine to a page. */
export { CORE, KERNELS, KERNELS_VERSION } from '../packages.js';
export { ENTRY } from './description.js';

export const loadEngine = async () => (await import('./backend.js')).webgpu;
