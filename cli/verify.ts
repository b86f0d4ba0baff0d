import type { Verification } from '../fiddler/publish/index.js';
import type { Command, CommonArgs } from './command.js';
import { type ModelArgs, modelOptions, withModelOf } from './fiddler-options.js';
import { computing } from './flag.js';
import { NumbersDiffer } from './numbers-differ.js';
import { printJson, printLines, say } from './output.js';
import { type ColumnArgs, columnChoice, columnOptions } from './shared-options.js';
import { UsageError } from './usage-error.js';

interface Args extends ModelArgs, ColumnArgs {
  events: string[];
  baseline: string;
  baselineEvents: string;
  journal?: string;
  window: '1d' | '1w';
  tolerance: number;
  feature?: string;
}

export const verify: Command<Args> = {
  usage: 'verify [events..]',
  describe: "The server's own drift numbers beside ours; exits with 3 where they differ",
  positionals: {
    events: { type: 'string', array: true, default: [], describe: 'The production events that were published' },
  },
  options: {
    ...modelOptions,
    baseline: {
      notFromEnvironment: true,
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: "Name of the server's baseline",
    },
    'baseline-events': {
      type: 'string',
      demandOption: true,
      requiresArg: true,
      describe: 'The events that were published as that baseline',
    },
    ...computing(columnOptions),
    journal: {
      type: 'string',
      requiresArg: true,
      describe: 'Journal of the publish: which files, and the times that they were spread over',
    },
    window: {
      computes: true,
      type: 'string',
      choices: ['1d', '1w'],
      default: '1d',
      describe: 'Compare by day or by week (UTC)',
    },
    tolerance: {
      computes: true,
      type: 'number',
      default: 1e-6,
      requiresArg: true,
      describe: 'Largest difference that is none',
    },
    feature: {
      type: 'string',
      requiresArg: true,
      describe: 'Custom feature of the model',
      defaultDescription: 'image_feature',
    },
  },
  inputs: ['events', 'baseline-events', 'journal'],
  examples: [
    [
      'verify events.parquet --project images --model resnet18 --baseline reference --baseline-events reference.parquet',
      '',
    ],
    [
      'verify --journal FILE --project images --model resnet18 --baseline reference --baseline-events reference.parquet',
      'As published',
    ],
  ],
  async run(args) {
    const { readJournalHeader, verify: verifyEvents } = await import('../fiddler/publish/index.js');
    if (!(args.tolerance >= 0)) throw new UsageError(`--tolerance ${args.tolerance}: a number from 0 on is needed`);
    const journal = args.journal === undefined ? null : await readJournalHeader(args.journal);
    const published = args.events.length > 0 ? args.events : (journal?.files.map(({ path }) => path) ?? []);
    if (published.length === 0)
      throw new UsageError('no events: name the files that were published, or their --journal');
    const { baseline, baselineEvents, tolerance, feature } = args;
    const verification = await withModelOf(args, args.journal, async (client, model) => {
      const bin = args.window === '1w' ? 'Week' : 'Day';
      const timestamps = journal?.timestamps;
      const columns = columnChoice(args);
      const events = { baselineEvents, published, timestamps, columns };
      return verifyEvents(client, { model, baseline, ...events, bin, tolerance, feature });
    });
    if (args.json) printJson(json(verification));
    else await tell(verification, args);
    const differing = verification.bins.filter(({ agrees }) => !agrees).map(({ name }) => name);
    if (differing.length > 0) throw new NumbersDiffer(differing);
  },
};

/** What is not a number, where the server has no value, is null. */
function json({ model, baseline, feature, bin, tolerance, offered, bins, untimed, agrees }: Verification) {
  const windows = bins.map(({ name, rows, ours, server, difference, agrees: same }) => {
    const { jsd, psi, baseline: reference, production } = ours;
    const side = { jsd, psi, histogram: { baseline: reference, production } };
    return {
      name,
      rows,
      ours: side,
      server: { ...server.numbers, histogram: server.histogram },
      difference,
      agrees: same,
    };
  });
  return { model, baseline, feature, bin, tolerance, offered, agrees, untimed, windows };
}

async function tell(verification: Verification, { quiet }: CommonArgs): Promise<void> {
  const { verificationTable } = await import('./verification-table.js');
  printLines(verificationTable(verification));
  if (verification.untimed > 0) {
    say(quiet, `${verification.untimed.toLocaleString('en')} rows have no timestamp, and are in no window.`);
  }
}
