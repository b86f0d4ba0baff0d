/** The part of `explain` and of `drift --explain` that both have: causes are made again for measured windows. */
import type { Profile } from '../drift/index.js';
import type { ExplainOptions, Explanation } from '../pipeline/explain/index.js';
import type { Measurement } from '../pipeline/measure/index.js';
import { searchFields } from '../pipeline/options/index.js';
import { withTables } from './checked-runs.js';
import type { CommonArgs } from './command.js';
import { type ArgsOf, valuesOf } from './flag.js';
import { type EngineArgs, loadEmbedder } from './load-embedder.js';
import { say } from './output.js';
import { Progress } from './progress.js';

/** Images that the report shows of each window with its cause. */
export const SHOWN_PAIRS = 6;

/** What is said of each step, and what it counts. */
const STEPS = {
  read: ['reading the baseline', 'images'],
  baseline: ['embedding the baseline', 'images'],
  measure: ['measuring the baseline', 'images'],
  look: ['looking at the library', 'looks'],
  fit: ['fitting strengths', 'looks'],
  remake: ['making a cause again', 'images'],
  compare: ['comparing with the window', 'comparisons'],
} as const;

/** What is explained, by which network and images. */
export interface Explaining {
  weights: string;
  baselineImages: readonly string[];
  profile: Profile;
  measurement: Measurement;
}

/** @throws UsageError for a wrong `--budget`, and what `explainMeasurement` throws */
export async function explainMeasured(
  args: EngineArgs & ArgsOf<typeof searchFields> & CommonArgs,
  { weights, baselineImages, profile, measurement }: Explaining,
  options: ExplainOptions,
): Promise<Explanation> {
  const { explainMeasurement } = await import('../pipeline/explain/index.js');
  const embedder = await loadEmbedder(args, weights, { tap: profile.tap ?? undefined });
  const progress = new Progress(args.quiet);
  try {
    const paths = measurement.files.map(({ path }) => path);
    return await withTables(paths, options.columns, (columns) =>
      explainMeasurement(embedder, baselineImages, profile, measurement, {
        ...{ ...options, columns, ...valuesOf(searchFields, args) },
        onStep: (step, done, total) => {
          const [label, unit] = STEPS[step];
          progress.update(label, done, total, unit);
        },
        onNotice: (text) => {
          progress.end();
          say(args.quiet || args.json, text);
        },
      }),
    );
  } finally {
    progress.end();
    await embedder.close();
  }
}

/** The command as it was typed, for the report; of paths only the last name, where they are not to be shown. */
export function commandLine(redactPaths: boolean): string {
  const words = process.argv.slice(2);
  const shown = redactPaths
    ? words.map((word) => word.replace(/[^=]*[\\/](?=[^\\/])/, '').replace(/[\\/]+$/, ''))
    : words;
  return `image-drift ${shown.join(' ')}`;
}
