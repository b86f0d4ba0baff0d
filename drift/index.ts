export type { Matrix } from './matrix.js';
