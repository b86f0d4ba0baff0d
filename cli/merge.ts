import { plural } from '../report/numbers/index.js';
import type { Command } from './command.js';
import { compute } from './computing.js';
import { print, printJson } from './output.js';
import { writeText } from './outputs.js';

interface Args {
  profiles: string[];
  out: string;
}

export const merge: Command<Args> = {
  usage: 'merge <profiles..>',
  describe: 'Profiles of the shards of one baseline → one profile',
  positionals: {
    profiles: { type: 'string', array: true, describe: 'Made by baseline --like, against the same fitted profile' },
  },
  options: { out: { type: 'string', demandOption: true, requiresArg: true, describe: 'File to make' } },
  inputs: ['profiles'],
  outputs: ['out'],
  files: ['out'],
  examples: [
    ['baseline shard_1.parquet --like fit.json --first-row 0 --out 1.json', 'On each machine: count a shard'],
    ['merge 1.json 2.json 3.json --out profile.json', 'In any order: exactly the profile of one run'],
  ],
  async run(args) {
    const profile = await compute('merge', args.profiles);
    await writeText(args.out, profile.text);
    const { rows, skipped, counts } = profile;
    if (args.json) return printJson({ out: args.out, profiles: args.profiles.length, rows, skipped, counts });
    print(`${args.out}: ${rows.toLocaleString('en')} rows of ${plural(args.profiles.length, 'profile')}`);
  },
};
