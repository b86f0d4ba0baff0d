import { shellWord, text, whole } from '../base/index.js';
import { columnFields } from '../data/options/index.js';
import { fitFields } from '../pipeline/options/index.js';
import { plural, worthWords } from '../report/numbers/index.js';
import { checkRuns } from './checked-runs.js';
import { command } from './command.js';
import type { WrittenProfile } from './computations.js';
import { compute } from './computing.js';
import { type ArgsOf, givenFlag, valuesOf } from './flag.js';
import { ourCommand, print, printJson, say } from './output.js';
import { checkPlaces, productAt, refuseOtherWeights, refuseOverwriting, writeProfileText } from './outputs.js';
import { columnChoice, computing } from './shared-options.js';
import { UsageError } from './usage-error.js';

const FEW_GROUPS =
  'Column group has fewer than ten groups, like cameras that are in every window: rows count by near-duplicates and order. --group group takes it.';

const { clusters, seed, group, by } = fitFields;

const DEFAULT_OUT = 'profile.json';

const options = {
  out: text().flag('File to make').shows(DEFAULT_OUT),
  clusters,
  ...computing(columnFields),
  ...{ group, by, seed },
  like: text().flag('Count against what this profile fitted, instead of fitting: a shard for image-drift merge'),
  firstRow: whole(0).default(0).flag("With --like: number of the shard's first row in the whole baseline"),
};
type Args = ArgsOf<typeof options>;

export const baseline = command({
  usage: 'baseline <events>',
  describe: 'Events → profile: all that drift needs of a baseline, without its rows',
  positionals: { events: text().needed().flag('.parquet, .jsonl, .csv, .npz or .npy; or RUN') },
  options,
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
    const { like, out = DEFAULT_OUT } = args;
    await refuseOverwriting({ ...args, out }, ['events', 'like'], ['out']);
    await checkPlaces({ out }, ['out']);
    const columns = columnChoice(args);
    await checkRuns([args.events]);
    // Before the minutes that it takes.
    const given = args.out === undefined ? await productAt(args.events, 'events') : null;
    if (given?.weightsSha256 != null) await refuseOtherWeights(out, 'a profile', given.weightsSha256);
    const profile = like
      ? await compute('shard', args.events, like, args.firstRow, columns)
      : await compute('baseline', args.events, { ...valuesOf(fitFields, args), columns });
    await writeProfileText(out, profile.text, { isNamed: args.out !== undefined, quiet: args.quiet });
    const ofFile = { path: args.events, carried: profile.carried };
    const { carriedLines } = await import('./same-words.js');
    for (const line of carriedLines([ofFile], [args.group, args.by])) say(args.quiet, line);
    const { rows, effectiveRows, effectiveBy, skipped, dimensions, counts, fit, tap, weightsSha256 } = profile;
    if (args.json) {
      const inertia = fit?.inertia ?? null;
      return printJson({
        out,
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
      `${out}: ${rows.toLocaleString('en')} rows of ${dimensions} values in ${plural(counts.length, 'cluster')} (${shares})`,
    );
    const worth = worthWords(rows, effectiveRows, effectiveBy);
    if (worth !== null) print(`${rows.toLocaleString('en')} rows, ${worth}`);
    if (isGroupLeftOut(args, profile)) say(args.quiet, FEW_GROUPS);
    if (skipped > 0)
      say(args.quiet, `${skipped.toLocaleString('en')} rows had values that are not finite, and were left out.`);
    const next = like
      ? `merge ${shellWord(out)} OTHERS… --out profile.json`
      : `drift EVENTS --baseline ${shellWord(out)}`;
    say(args.quiet, `Next: ${ourCommand(next)}`);
  },
});

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
