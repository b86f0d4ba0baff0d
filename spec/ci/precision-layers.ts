/** Prints these cases' layers after our passes, for `make_precision.py --record`: `precision-layers.js CASE...`. */
import { layersOf } from '../support/precision-case.js';

const cases = process.argv.slice(2);
process.stdout.write(JSON.stringify(Object.fromEntries(cases.map((name) => [name, layersOf(name)]))));
