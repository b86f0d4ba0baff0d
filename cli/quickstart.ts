import { text, toggle, whole } from '../base/index.js';
import type { FiddlerClient } from '../fiddler/client/index.js';
import type {
  GatherOptions,
  LocalHalf,
  QuickstartFiles,
  QuickstartPublished,
  QuickstartState,
} from '../pipeline/quickstart/index.js';
import { type CommonArgs, command, Found } from './command.js';
import { COMPUTED_APART } from './computing.js';
import { INTERRUPTED_EXIT_CODE, serverFlags, stopOnInterrupt, withFiddler } from './fiddler-options.js';
import type { ArgsOf } from './flag.js';
import { engineFlags, engineName, loadEmbedder } from './given-model.js';
import { Progress } from './heartbeat.js';
import { print, printJson, printLines, say, sayLines, terminalWidth } from './output.js';
import { reportPrivacyFlags, seedFlag } from './shared-options.js';

const options = {
  data: text().flag('Folder with reference, production_1, …, instead of a download'),
  weights: text().flag('The checkpoint (.pth), instead of a download'),
  mirror: text().flag('Where to download from').shows('GitHub'),
  out: text()
    .default('quickstart-out')
    .flag('Folder for all that is made; with it, a second run goes on where the first was'),
  project: text().default('image_monitoring').flag('Name on the server'),
  model: text().default('resnet18').flag('Name on the server'),
  clusters: whole(1).flag('Bins of the drift, here and on the server').shows('5'),
  seed: seedFlag.computes('Of k-means, and of the 1,000 events of each day'),
  ...engineFlags,
  ...serverFlags,
  ...reportPrivacyFlags,
  wait: toggle().default(true).flag('Until the server has done its work; --no-wait ends before'),
  dryRun: toggle().default(false).flag('Tell what would be sent, and send nothing'),
};
export type QuickstartArgs = ArgsOf<typeof options> & CommonArgs;

export const quickstart = command({
  usage: 'quickstart',
  describe: "Fiddler's image-monitoring quickstart, end to end",
  options,
  inputs: ['data', 'weights'],
  outputs: ['out'],
  examples: [
    ['quickstart', 'With FIDDLER_URL and FIDDLER_TOKEN set; without them, the half that needs no server'],
    ['quickstart --data cv_monitoring --weights resnet18_cifar10_epoch5.pth', 'Files that are here already'],
  ],
  async run(args) {
    const hasServer = !args.dryRun && (process.env['FIDDLER_URL'] ?? '') !== '';
    return hasServer ? withFiddler(args, (client) => runWith(client, args)) : runWith(null, args);
  },
});

/** @param client null for the half that needs no server */
async function runWith(client: FiddlerClient | null, args: QuickstartArgs): Promise<void> {
  const { local, files, state } = await runLocally(args);
  const { planQuickstart, quickstartNotes, writeQuickstartReport } = await import('../pipeline/quickstart/index.js');
  const { nextWithoutServer, planSaid, publishedSaid, quickstartJson } = await import('./quickstart-words.js');
  const published = client && (await publish(client, local, state, args));
  const shown = { images: args.images, paths: !args.redactPaths };
  const notes = quickstartNotes(files, published, shown);
  const report = await writeQuickstartReport(local, args.out, notes, { shown, computations: COMPUTED_APART });
  const plan = args.dryRun ? await planQuickstart(local, state, args) : null;
  if (args.json) printJson({ ...quickstartJson(files, local, published, report), ...(published ? {} : { plan }) });
  else {
    if (published) printLines(`\n${publishedSaid(published)}`);
    if (plan) printLines(`\n${planSaid(plan)}`);
    sayLines(args.quiet, `\nReport, to open in a browser: ${report}`);
    if (published) print(`Fiddler, to open in a browser: ${published.url}`);
    else if (!plan) sayLines(args.quiet, `\n${nextWithoutServer(process.argv.slice(2))}`);
  }
  const differing = published?.verification?.bins.filter(({ agrees }) => !agrees).map(({ name }) => name) ?? [];
  if (differing.length > 0) throw new Found(`the server has other numbers for ${differing.join(', ')}`);
}

async function runLocally(
  args: QuickstartArgs,
): Promise<{ files: QuickstartFiles; local: LocalHalf; state: QuickstartState }> {
  const { gatherFiles, QUICKSTART_SETS, QuickstartState, runLocalHalf } = await import(
    '../pipeline/quickstart/index.js'
  );
  const { filesSaid } = await import('./quickstart-words.js');
  const quiet = args.quiet || args.json;
  const lines = new Progress(quiet);
  const files = await gatherFiles({ ...args, baseUrl: args.mirror, ...downloadSaid(lines, quiet) });
  lines.end();
  // Where nothing could be downloaded, nothing is left behind.
  const state = await QuickstartState.open(args.out);
  for (const line of filesSaid(files)) say(quiet, line);
  const local = await runLocalHalf(files, args.out, {
    ...args,
    computations: COMPUTED_APART,
    loadEmbedder: async (weights) => {
      const embedder = await loadEmbedder(args, weights);
      say(quiet, `embedding 4 × 5,000 images (${engineName(embedder)})`);
      return embedder;
    },
    onProgress: (set, done, total) => lines.update(set, done, total, 'images'),
  });
  lines.end();
  if (!args.json) {
    for (const [i, { correct, labelled }] of local.embedded.entries()) {
      say(quiet, `${QUICKSTART_SETS[i]?.name}: ${QUICKSTART_SETS[i]?.story}`);
      print(notebookLine(correct, labelled));
    }
    const { driftTable } = await import('./drift-table.js');
    printLines(`\n${driftTable(local.measurement.report, terminalWidth())}`);
  }
  return { files, local, state };
}

/** The line that Fiddler's quickstart notebook prints, to the letter. */
function notebookLine(correct: number, labelled: number): string {
  return `${correct}/${labelled}: ${((100 * correct) / labelled).toFixed(1).padStart(5)}% correct predictions.`;
}

function downloadSaid(lines: Progress, quiet: boolean): Pick<GatherOptions, 'onProgress' | 'onInterruption'> {
  const kilo = (bytes: number) => Math.round(bytes / 1000);
  return {
    onProgress: (file, done, total) => lines.update(file, kilo(done), kilo(total), 'kB'),
    onInterruption: (file, reason, pauseMs) => {
      lines.end();
      say(quiet, `${file}: ${reason}; again in ${(pauseMs / 1000).toFixed(1)} s`);
    },
  };
}

async function publish(
  client: FiddlerClient,
  local: LocalHalf,
  state: QuickstartState,
  args: QuickstartArgs,
): Promise<QuickstartPublished> {
  const { publishQuickstart } = await import('../pipeline/quickstart/index.js');
  const quiet = args.quiet || args.json;
  const lines = new Progress(quiet);
  const signal = stopOnInterrupt(quiet);
  sayLines(quiet, `\npublishing to ${client.url}, ${args.project}/${args.model}`);
  try {
    return await publishQuickstart(client, local, args.out, state, {
      ...args,
      signal,
      onOnboarded: ({ notices }) => {
        for (const notice of notices) say(quiet, notice);
      },
      onProgress: (what, progress) => {
        if (progress.stage === 'publishing') lines.update(what, progress.rows, progress.total, 'events');
        if (progress.stage === 'waiting') {
          lines.end();
          say(quiet, `${what}: waiting for ${progress.what}`);
        }
        if (progress.stage === 'planned') {
          for (const { message } of progress.warnings) say(quiet, `${what}: ${message}`);
        }
      },
    });
  } catch (error) {
    if (!signal.aborted) throw error;
    lines.end();
    say(quiet, 'Stopped. What was done is kept: the same command goes on from there.');
    process.exit(INTERRUPTED_EXIT_CODE);
  } finally {
    lines.end();
  }
}
