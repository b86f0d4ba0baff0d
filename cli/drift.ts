import type { Command } from './command.js';
import { print, printJson, say } from './output.js';

interface Args {
  events: string[];
  baseline: string;
  base: 'e' | '2';
}

export const drift: Command<Args> = {
  usage: 'drift <events..>',
  describe: 'Profile + events → how far each window is from the baseline',
  positionals: {
    events: { type: 'string', array: true, describe: 'One file a window: .parquet, .jsonl, .csv or .npz' },
  },
  options: {
    baseline: {
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: 'Profile made by image-drift baseline',
    },
    base: {
      type: 'string',
      choices: ['e', '2'],
      default: 'e',
      describe: 'Of the logarithm: e as Fiddler and scipy, 2 for a range of 0 to 1',
    },
  },
  examples: [
    ['drift production_*.parquet --baseline profile.json', ''],
    ['drift today.parquet --baseline profile.json --json', 'For programs'],
  ],
  async run(args) {
    const { driftOfEvents, readProfile } = await import('../pipeline/index.js');
    const profile = await readProfile(args.baseline);
    const report = await driftOfEvents(profile, args.events, { base: args.base === '2' ? 2 : 'e' });
    if (args.json) return printJson(report);
    const { driftTable } = await import('./drift-table.js');
    print(driftTable(report));
    for (const { name, skipped } of report.windows) {
      if (skipped > 0)
        say(
          args.quiet,
          `${name}: ${skipped.toLocaleString('en')} rows had values that are not finite, and were left out.`,
        );
    }
  },
};
