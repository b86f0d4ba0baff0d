import { join } from '#platform';
import { text } from '../base/index.js';
import { command } from './command.js';
import { COMPUTED_APART } from './computing.js';
import { engineFlags, engineName, loadEmbedder } from './given-model.js';
import { Progress } from './heartbeat.js';
import { accuracyLine, ourCommand, printJson, printLines, say, sayLines, terminalWidth } from './output.js';
import { refuseOtherWeights } from './outputs.js';
import { reportPrivacyFlags, seedFlag } from './shared-options.js';

export const demo = command({
  usage: 'demo',
  describe: 'The whole path on bundled weights and images, offline',
  options: {
    out: text().default('demo-out').flag('Folder for the events and the profile'),
    ...engineFlags,
    ...reportPrivacyFlags,
    seed: seedFlag.computes('Of the corruptions and of k-means'),
  },
  outputs: ['out'],
  examples: [['demo', 'A reference, then a clean, a blurred and a dark week']],
  async run(args) {
    const { DEMO_MODEL, DEMO_SETS, runDemo } = await import('../pipeline/compare/index.js');
    const quiet = args.quiet || args.json;
    const embedder = await loadEmbedder(args, DEMO_MODEL);
    try {
      say(quiet, `ResNet-18 on Fashion-MNIST (${engineName(embedder)}): a reference and three weeks.`);
      const places = [...DEMO_SETS.map(({ name }) => `${name}.parquet`), 'profile.json'];
      for (const name of places) await refuseOtherWeights(join(args.out, name), 'of the demo', embedder.weightsSha256);
      const progress = new Progress(quiet);
      const result = await runDemo(embedder, args.out, {
        seed: args.seed,
        computations: COMPUTED_APART,
        report: { images: args.images, paths: !args.redactPaths },
        onProgress: (set, done, total) => {
          progress.update(set, done, total, 'images');
          if (done === total) progress.end();
        },
      });
      const stories = DEMO_SETS.map(({ name, story }) => `${name}: ${story}`);
      if (args.json) {
        return printJson({
          embedded: result.embedded.map(({ out, rows, correct }) => ({ out, rows, correct })),
          profile: result.profilePath,
          report: result.reportPath,
          ...result.measurement.report,
        });
      }
      result.embedded.forEach(({ correct, labelled, out }, i) => {
        say(quiet, `${(stories[i] as string).padEnd(38)} ${accuracyLine(correct, labelled)}  → ${out}`);
      });
      const { driftTable } = await import('./drift-table.js');
      printLines(`\n${driftTable(result.measurement.report, terminalWidth())}`);
      sayLines(quiet, `\nReport, to open in a browser: ${result.reportPath}`);
      sayLines(quiet, `\nYour own images:\n${nextSteps(args.out)}`);
    } finally {
      await embedder.close();
    }
  },
});

function nextSteps(out: string): string {
  const own = `drift ${out}/week_*.parquet --baseline ${out}/profile.json`;
  return [
    ourCommand('convert model.pth --out weights/mine --classes a,b,c --size 32 --mean 0.5 --std 0.5'),
    ourCommand('embed reference.npz --weights weights/mine --out reference.parquet'),
    ourCommand('baseline reference.parquet --out profile.json'),
    ourCommand('drift today.parquet --baseline profile.json'),
    `(this demo's own: ${ourCommand(own)})`,
  ]
    .map((line) => `  ${line}`)
    .join('\n');
}
