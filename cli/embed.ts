import { list, paths, text } from '../base/index.js';
import { embedFields } from '../pipeline/options/index.js';
import { plural } from '../report/numbers/index.js';
import { command } from './command.js';
import { embedShardsOfPlan, refuseFlagsOfPlans, runFlags } from './embed-shards.js';
import { type ArgsOf, flagsFrom, valuesOf } from './flag.js';
import { askDepth, engineFlags, engineName, loadEmbedder } from './given-model.js';
import { Progress } from './heartbeat.js';
import { accuracyLine, noticesFor, print, printJson, say } from './output.js';
import { productAt, sayReplaced } from './outputs.js';
import { eventFlags, eventSettings, weightsFlag } from './shared-options.js';
import { UsageError } from './usage-error.js';

const { images, labels, imageColumn, pixels, layout, ...ofFiles } = eventFlags;
const { maxRejected, saveEvery, redactPaths, cache } = embedFields;

const options = {
  weights: weightsFlag.optional(),
  out: text().flag('File to make: .parquet, .jsonl, .csv or .npz'),
  tap: list().computes('Layers to take, a,b,c; the first is the embedding, more need .npz'),
  ...{ images, labels, imageColumn, pixels, layout, maxRejected },
  ...ofFiles,
  ...{ cache, saveEvery, redactPaths },
  ...engineFlags,
  ...runFlags,
};
const positionals = {
  input: paths()
    .needed()
    .flag(
      'Folder, image files, patterns, tar, zip, csv, jsonl, parquet, - (paths or a tar on stdin); .npz or .npy of uint8 [N, H, W, 3]; also https:// and s3://',
    ),
};
type Args = ArgsOf<typeof options> & ArgsOf<typeof positionals>;

export const embed = command({
  usage: 'embed [input..]',
  describe: 'Images → events: embeddings and predictions, one row an image',
  positionals,
  options,
  inputs: ['input', 'weights', 'plan'],
  readsStdin: true,
  outputs: ['out', 'cache'],
  files: ['out'],
  examples: [
    ['embed photos/ --weights weights/cifar --out photos.parquet', 'A folder of JPEG and PNG files'],
    [
      "embed 'cam*/2026-11-*/' --weights weights/cifar --out cams.parquet --timestamp-from exif --group-from folder:1",
      '',
    ],
    ['embed s3://bucket/photos/ --weights weights/cifar --out photos.parquet', 'All images under a prefix'],
    [
      'embed - --weights weights/cifar --out found.parquet',
      'The paths that `find` prints, or a tar, on standard input',
    ],
    ['embed production_1/image_data.npz --weights weights/cifar --out production_1.parquet', ''],
    ['embed photos/ --weights hf:timm/resnet50.a1_in1k --out week.parquet', 'A model of the Hugging Face Hub'],
    ['embed images.npz --weights weights/cifar --tap fc.0,layer4 --out features.npz', 'Several layers at once'],
    ['embed --plan run/plan.json --shard auto', 'A task of an array: its shard of a planned run'],
  ],
  async run(args) {
    if (args.plan !== undefined) return embedShardsOfPlan(args, args.plan, flagsFrom(options));
    refuseFlagsOfPlans(args);
    const { weights, out: file } = given(args);
    const settings = await eventSettings(args);
    (await import('../data/index.js')).eventFormat(file);
    const { embedImages } = await import('../pipeline/embed/index.js');
    const { notices, notice } = noticesFor(args);
    const there = await productAt(file, 'events');
    await askDepth(weights, args.input, settings);
    const embedder = await loadEmbedder(args, weights, { tap: args.tap?.split(','), onNotice: notice });
    const progress = new Progress(args.quiet);
    const unfinished = new Unfinished((text) => {
      progress.end();
      say(args.quiet || args.json, text);
    });
    try {
      const summary = await embedImages(embedder, args.input, file, {
        ...{ ...valuesOf(embedFields, args), ...settings },
        onSaved: (done, parts) => unfinished.saved(done, parts),
        onNotice: notice,
        onProgress: (done, total) => progress.update('embedding', done, total, 'images'),
      });
      unfinished.done();
      sayReplaced(notice, file, there);
      const { out, rows, labelled, correct, rejected, resumed, seconds } = summary;
      const rate = (rows - resumed) / seconds;
      const { backend, device, threads, difference } = embedder;
      if (args.json) {
        return printJson({
          out,
          rows,
          correct: labelled > 0 ? correct : null,
          accuracy: labelled > 0 ? correct / labelled : null,
          rejected,
          resumed,
          seconds,
          images_per_second: rate,
          backend,
          device,
          threads,
          precision: args.precision,
          difference_to_simd: difference,
          notices,
        });
      }
      progress.end();
      if (labelled > 0) print(accuracyLine(correct, labelled));
      if (rejected > 0) say(args.quiet, rejectedLine(rejected, out));
      say(
        args.quiet,
        `${out}: ${plural(rows, 'event')} in ${seconds.toFixed(1)} s, ${rate.toFixed(0)} images/s (${engineName(embedder)})`,
      );
    } finally {
      progress.end();
      unfinished.end();
      await embedder.close();
    }
  },
});

/** Without a plan, the command itself says what is embedded. @throws UsageError */
function given({ input, weights, out }: Args): { weights: string; out: string } {
  const missing = Object.entries({ input: input[0], '--weights': weights, '--out': out }).find(
    ([, value]) => value === undefined,
  );
  if (weights !== undefined && out !== undefined && missing === undefined) return { weights, out };
  const message = `embed: ${missing?.[0]} is missing`;
  throw new UsageError(message, 'Images, --weights and --out are needed; or --plan RUN/plan.json.');
}

class Unfinished {
  #told: string | null = null;
  readonly #tell: () => void;

  constructor(tell: (text: string) => void) {
    this.#tell = () => {
      if (this.#told !== null) tell(this.#told);
    };
    process.once('exit', this.#tell);
  }

  saved(images: number, parts: string): void {
    const count = images === 1 ? '1 image is' : `${images.toLocaleString('en')} images are`;
    this.#told = `${count} finished and saved in ${parts}; the same command goes on from there.`;
  }

  done(): void {
    this.#told = null;
  }

  end(): void {
    process.off('exit', this.#tell);
    this.#tell();
  }
}

function rejectedLine(rejected: number, out: string): string {
  const images = rejected === 1 ? '1 image was' : `${rejected.toLocaleString('en')} images were`;
  return `${images} rejected: see ${out}.rejected.jsonl`;
}
