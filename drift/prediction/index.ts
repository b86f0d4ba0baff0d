/** The part of the room that counting right predictions needs, with a door of its own: the rest is a hundred modules. */
export { predictedOf } from '../rows/softmax-side.js';
