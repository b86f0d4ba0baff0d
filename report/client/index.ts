/** The builder of elements, for other pages of this package. */
export { h } from './dom.js';
