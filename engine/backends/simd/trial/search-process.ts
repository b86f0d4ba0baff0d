/** Searches among the modules of its argument for `search-apart.ts`. `--no-switches` sets none of V8's. */
import { type Flag, knownFlags } from '../builds/compile-module.js';
import { CHOICES } from '../builds/modules.js';
import { searchHere } from './kernel-search.js';

const choice = CHOICES.find((one) => process.argv.includes(one)) ?? 'any';
const leaveV8 = process.argv.includes('--no-switches');
const found = await searchHere(choice, leaveV8 ? async () => new Set<Flag>() : knownFlags);
process.send!(found);
