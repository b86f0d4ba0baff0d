/**
 * Prints the layers that our passes leave of the networks of these cases, as JSON: `precision-layers.js CASE...`, for
 * `spec/fixtures/engine/make_precision.py --record`.
 */
import { layersOf } from '../support/precision-case.js';

const cases = process.argv.slice(2);
process.stdout.write(JSON.stringify(Object.fromEntries(cases.map((name) => [name, layersOf(name)]))));
