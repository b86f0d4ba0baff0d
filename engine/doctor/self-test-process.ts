/** The process that tests one engine: arguments are its name and, if asked for, a device; the answer goes to the parent. */
import { ENGINE_NAMES } from '../backends/registry.js';
import { testEngine } from './self-test.js';

const [name, device] = process.argv.slice(2);
const engine = ENGINE_NAMES.find((one) => one === name);
if (engine === undefined) throw new Error(`${name} is not an engine.`);
const answer = await testEngine(engine, device ?? null);
// Exits even when an engine would keep the process alive. The parent has the answer before the exit.
process.send?.(answer, () => process.exit(0));
