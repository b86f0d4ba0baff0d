import { paths, text } from '../base/index.js';
import { plural } from '../report/numbers/index.js';
import { command } from './command.js';
import { compute } from './computing.js';
import { print, printJson } from './output.js';
import { writeProfileText } from './outputs.js';

export const merge = command({
  usage: 'merge <profiles..>',
  describe: 'Profiles of the shards of one baseline → one profile',
  positionals: { profiles: paths().needed().flag('Made by baseline --like, against the same fitted profile') },
  options: { out: text().needed().flag('File to make') },
  inputs: ['profiles'],
  outputs: ['out'],
  files: ['out'],
  examples: [
    ['baseline shard_1.parquet --like fit.json --first-row 0 --out 1.json', 'On each machine: count a shard'],
    ['merge 1.json 2.json 3.json --out profile.json', 'In any order: exactly the profile of one run'],
  ],
  async run(args) {
    const profile = await compute('merge', args.profiles);
    await writeProfileText(args.out, profile.text, { isNamed: true, quiet: args.quiet });
    const { rows, skipped, counts } = profile;
    if (args.json) return printJson({ out: args.out, profiles: args.profiles.length, rows, skipped, counts });
    print(`${args.out}: ${rows.toLocaleString('en')} rows of ${plural(args.profiles.length, 'profile')}`);
  },
});
