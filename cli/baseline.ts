import { plural, worthWords } from '../report/numbers/index.js';
import { carriedLines } from './carried-line.js';
import { checkRuns } from './checked-runs.js';
import { type Command, wholeNumber } from './command.js';
import type { WrittenProfile } from './computations.js';
import { compute } from './computing.js';
import { computing } from './flag.js';
import { givenFlag } from './given-flag.js';
import { print, printJson, say } from './output.js';
import { writeText } from './outputs.js';
import {
  type ColumnArgs,
  columnChoice,
  columnOptions,
  groupOption,
  seedOption,
  segmentsOption,
} from './shared-options.js';
import { UsageError } from './usage-error.js';

interface Args extends ColumnArgs {
  events: string;
  out: string;
  clusters: number;
  seed: number;
  like?: string;
  firstRow: number;
  group?: string;
  by?: string;
}

const FEW_GROUPS =
  'Column group has fewer than ten groups, like cameras that are in every window: rows count by near-duplicates and order. --group group takes it.';

export const baseline: Command<Args> = {
  usage: 'baseline <events>',
  describe: 'Events → profile: all that drift needs of a baseline, without its rows',
  positionals: {
    events: { type: 'string', describe: '.parquet, .jsonl, .csv, .npz or .npy; or RUN' },
  },
  options: {
    out: { type: 'string', default: 'profile.json', requiresArg: true, describe: 'File to make' },
    clusters: {
      computes: true,
      type: 'number',
      default: 5,
      requiresArg: true,
      describe: 'k of k-means, the bins of the histogram',
      coerce: wholeNumber('clusters', 1),
    },
    ...computing(columnOptions),
    ...groupOption,
    ...segmentsOption('Columns whose values are segments, for drift --by: camera,site; class is the predicted one'),
    seed: seedOption('Of k-means, and of which rows are held out'),
    like: {
      type: 'string',
      requiresArg: true,
      describe: 'Count against what this profile fitted, instead of fitting: a shard for image-drift merge',
    },
    'first-row': {
      type: 'number',
      default: 0,
      requiresArg: true,
      describe: "With --like: number of the shard's first row in the whole baseline",
      coerce: wholeNumber('first-row', 0),
    },
  },
  inputs: ['events', 'like'],
  outputs: ['out'],
  files: ['out'],
  examples: [
    ['baseline reference.parquet --out profile.json', 'Five clusters, as Fiddler'],
    ['baseline frames.parquet --group camera,clip', 'Frames of one clip hang together'],
    ["baseline reference.csv --embedding-column 'e*' --scores 'prob_*'", 'A wide table of another tool'],
  ],
  async run(args) {
    refuseLeftOut(args);
    const { clusters, seed, like, group } = args;
    const by = args.by?.split(',');
    const columns = columnChoice(args);
    await checkRuns([args.events]);
    const profile = like
      ? await compute('shard', args.events, like, args.firstRow, columns)
      : await compute('baseline', args.events, { clusters, seed, columns, group, by });
    await writeText(args.out, profile.text);
    const ofFile = { path: args.events, carried: profile.carried };
    for (const line of carriedLines([ofFile], [args.group, args.by])) say(args.quiet, line);
    const { rows, effectiveRows, effectiveBy, skipped, dimensions, counts, fit, tap, weightsSha256 } = profile;
    if (args.json) {
      const inertia = fit?.inertia ?? null;
      return printJson({
        out: args.out,
        rows,
        effective_rows: effectiveRows,
        effective_by: effectiveBy,
        skipped,
        dimensions,
        clusters: counts.length,
        counts,
        inertia,
        tap,
        weights_sha256: weightsSha256,
      });
    }
    const shares = counts.map((count) => `${((100 * count) / rows).toFixed(1)} %`).join(', ');
    print(
      `${args.out}: ${rows.toLocaleString('en')} rows of ${dimensions} values in ${plural(counts.length, 'cluster')} (${shares})`,
    );
    const worth = worthWords(rows, effectiveRows, effectiveBy);
    if (worth !== null) print(`${rows.toLocaleString('en')} rows, ${worth}`);
    if (isGroupLeftOut(args, profile)) say(args.quiet, FEW_GROUPS);
    if (skipped > 0)
      say(args.quiet, `${skipped.toLocaleString('en')} rows had values that are not finite, and were left out.`);
    const next = like ? `merge ${args.out} OTHERS… --out profile.json` : `drift EVENTS --baseline ${args.out}`;
    say(args.quiet, `Next: image-drift ${next}`);
  },
};

/** @throws UsageError */
function refuseLeftOut(args: Args): void {
  if (args.like === undefined) {
    const flag = givenFlag(args, baseline.options, ['first-row']);
    if (flag !== null) throw new UsageError(`baseline: ${flag} is for --like PROFILE`, 'Leave it out.');
    return;
  }
  const flag = givenFlag(args, baseline.options, ['clusters', 'seed', 'group', 'by']);
  if (flag === null) return;
  throw new UsageError(`baseline --like: ${flag} is given, too; ${args.like} says that`, 'Leave it out.');
}

function isGroupLeftOut({ group, like }: Args, { groupName, carried }: WrittenProfile): boolean {
  return group === undefined && !like && groupName === null && carried.some(({ name }) => name === 'group');
}
