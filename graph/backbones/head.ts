/** The multilayer perceptron that replaces a classifier when a model is fine-tuned with hidden layers of its own. */
import { relu } from '../operations/activation.js';
import { type Layer, sequential } from '../operations/layer.js';
import { linear } from '../operations/linear.js';
import type { Head } from './backbone.js';

/** `Sequential(Linear, ReLU, …, Linear(classes))`; `head` has at least one hidden size. */
export function perceptron(head: Head, classes: number): Layer {
  return sequential(...head.flatMap((hidden) => [linear(hidden), relu]), linear(classes));
}
