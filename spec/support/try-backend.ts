/** Loads one backend, and prints what it reports and throws; argument: its name. */

import type { CodedError } from '../../base/index.js';
import { loadBackend } from '../../engine/index.js';
import { NOTHING } from './fake-backend.js';

const backend = await loadBackend(process.argv[2]!);
const availability = await backend.availability();
const error = await backend.compile(NOTHING.model, NOTHING.options).then(
  () => null,
  ({ code, message, hint }: CodedError) => ({ code, message, hint }),
);
console.log(JSON.stringify({ availability, error }));
