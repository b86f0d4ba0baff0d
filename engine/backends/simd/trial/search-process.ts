/**
 * The process of `search-apart.ts`: searches among the modules of its argument, and prints the result. With
 * `--no-switches` it sets no switches of V8.
 */
import { CHOICES } from '../builds/modules.js';
import { type Flag, knownFlags } from '../builds/v8-flags.js';
import { searchHere } from './kernel-search.js';

const choice = CHOICES.find((one) => process.argv.includes(one)) ?? 'any';
const leaveV8 = process.argv.includes('--no-switches');
const found = await searchHere(choice, leaveV8 ? async () => new Set<Flag>() : knownFlags);
process.stdout.write(JSON.stringify(found));
