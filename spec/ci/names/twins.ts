/**
 * Networks of timm made with other arguments than their names stand for (`twins.txt`). Each has its expected outcome,
 * as a folder and as bare tensors: `right`; `refused`; `asked` for `--backbone`; `said`: converted, with the assumption
 * that may not hold.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LineProcess } from '../../support/line-process.js';
import { packageRoot } from '../../support/places.js';
import { type Compared, compare, isRight, type Made, make } from './numbers.js';

/** @returns whether one of them is wrong without a message, or not what was expected */
export async function compareTwins(maker: LineProcess, folder: string, results: string): Promise<boolean> {
  const rows = ['name,args,form,expected,outcome,embedding,scores'];
  let others = 0;
  for (const line of readFileSync(join(packageRoot, 'spec', 'ci', 'names', 'twins.txt'), 'utf8')
    .trim()
    .split('\n')) {
    const [, name = '', args = '', ...expected] = /^(\S+) (\{.*\}) folder=(\w+) bare=(\w+)$/.exec(line) ?? [];
    const made = await make(maker, name, JSON.parse(args) as object);
    // timm's own versions differ in which arguments they take.
    if (made.error !== undefined) {
      console.log(`${line}: not made: ${made.error}`);
      rows.push([name, args.replaceAll(',', ' '), '', '', 'not made', '', ''].join(','));
      continue;
    }
    for (const [i, form] of ['folder', 'bare'].entries()) {
      const compared = await compare(folder, made, form === 'bare');
      const outcome = outcomeOf(compared, made);
      const told = [compared.embedding, compared.scores].map((error) => error?.toExponential(1) ?? '');
      const row = [name, args.replaceAll(',', ' '), form, expected[i], outcome, ...told].join(',');
      if (outcome !== expected[i]) others++;
      console.log(row, outcome === expected[i] ? '' : '<', compared.message, compared.assumed.join(' | '));
      rows.push(row);
    }
  }
  writeFileSync(results, `${rows.join('\n')}\n`);
  console.log(`${others} of ${rows.length - 1} are not what was expected`);
  return others > 0;
}

function outcomeOf(compared: Compared, made: Made): string {
  if (compared.code === 'BACKBONE_AMBIGUOUS') return 'asked';
  if (compared.code !== null) return 'refused';
  if (isRight(compared, made)) return 'right';
  return compared.assumed.some((told) => told.startsWith('its activations, poolings')) ? 'said' : 'WRONG';
}
