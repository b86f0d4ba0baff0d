import type { Command } from './command.js';
import { print, printJson, say } from './output.js';
import { UsageError } from './usage-error.js';

interface Args {
  checkpoint: string;
  out: string;
  classes?: string;
  backbone?: string;
  tap?: string;
  size?: string;
  resize?: string;
  crop?: string;
  mean?: string;
  std?: string;
  dtype: 'float32' | 'float16' | 'uint8';
}

export const convert: Command<Args> = {
  usage: 'convert <checkpoint>',
  describe: 'PyTorch or safetensors checkpoint → weights folder',
  positionals: { checkpoint: { type: 'string', describe: '.pth, .pt, .ckpt or .safetensors, holding a state dict' } },
  options: {
    out: { type: 'string', demandOption: true, requiresArg: true, describe: 'Folder to make' },
    classes: { type: 'string', requiresArg: true, describe: 'Class names: a,b,c, or a file with one a line' },
    size: { type: 'string', requiresArg: true, describe: 'What the network is fed, pixels: 32, or HEIGHTxWIDTH' },
    resize: { type: 'string', requiresArg: true, describe: 'First resize: the shorter side, or HEIGHTxWIDTH exactly' },
    crop: { type: 'string', requiresArg: true, describe: 'Then take the centre: SIDE or HEIGHTxWIDTH' },
    mean: { type: 'string', requiresArg: true, describe: 'Of pixel/255: one number, or three (R,G,B)' },
    std: { type: 'string', requiresArg: true, describe: 'Of pixel/255: one number, or three (R,G,B)' },
    tap: {
      type: 'string',
      requiresArg: true,
      describe: "Layer whose output is the embedding, as PyTorch's get_submodule names it",
    },
    backbone: { type: 'string', requiresArg: true, describe: 'Instead of the one recognised; see image-drift models' },
    dtype: {
      type: 'string',
      choices: ['float32', 'float16', 'uint8'],
      default: 'float32',
      describe: 'How tensors are stored',
    },
  },
  examples: [
    [
      'convert resnet18_cifar10_epoch5.pth --out weights/cifar --size 32 --mean 0.5 --std 0.5 --classes plane,car,bird,cat,deer,dog,frog,horse,ship,truck',
      "The checkpoint of Fiddler's quickstart",
    ],
    [
      'convert resnet50.pth --out weights/r50 --classes imagenet.txt',
      "torchvision's ImageNet preprocessing is the default",
    ],
  ],
  async run(args) {
    const { convertCheckpoint } = await import('../convert/index.js');
    const converted = await convertCheckpoint(args.checkpoint, args.out, {
      backbone: args.backbone,
      classes: args.classes === undefined ? undefined : await classNames(args.classes),
      tap: args.tap,
      size: optional(args.size, (text) => sides('size', text)),
      resize: optional(args.resize, (text) => (/^\d+$/.test(text) ? Number(text) : sides('resize', text))),
      crop: optional(args.crop, (text) => sides('crop', text)),
      mean: optional(args.mean, (text) => perChannel('mean', text)),
      std: optional(args.std, (text) => perChannel('std', text)),
      dtype: args.dtype,
      overwrite: true,
    });
    const { config, format, tensors, bytes, sha256 } = converted;
    if (args.json) {
      return printJson({ out: args.out, format, tensors, bytes, weights_sha256: sha256, config });
    }
    const head = [...config.head, config.classes.length].join('-');
    print(`${args.checkpoint} (${format}) → ${args.out}`);
    print(`  ${config.backbone}, head ${head}, ${tensors} tensors, ${(bytes / 1e6).toFixed(1)} MB as ${args.dtype}`);
    print(`  embedding: the output of ${config.tap}`);
    print(`  input: ${describeInput(config.preprocessing)}`);
    say(args.quiet, `Next: image-drift embed IMAGES.npz --weights ${args.out} --out events.parquet`);
  },
};

function optional<T>(text: string | undefined, parse: (text: string) => T): T | undefined {
  return text === undefined ? undefined : parse(text);
}

/** A comma makes it a list; otherwise it is the name of a file with one name a line. */
async function classNames(listOrFile: string): Promise<string[]> {
  if (listOrFile.includes(',')) return listOrFile.split(',').map((name) => name.trim());
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(listOrFile, 'utf8').catch(() => {
    throw new UsageError(`--classes ${listOrFile}: neither a list (a,b,c) nor a file that can be read`);
  });
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim());
}

function sides(flag: string, text: string): [number, number] {
  const match = /^(\d+)(?:[x×,](\d+))?$/.exec(text);
  if (!match) throw new UsageError(`--${flag} ${text}: a side or HEIGHTxWIDTH is needed, such as 224 or 224x320`);
  return [Number(match[1]), Number(match[2] ?? match[1])];
}

function perChannel(flag: string, text: string): [number, number, number] {
  const values = text.split(',').map(Number);
  const [r, g = r, b = r] = values;
  if (
    r === undefined ||
    g === undefined ||
    b === undefined ||
    ![1, 3].includes(values.length) ||
    values.some((v) => !Number.isFinite(v))
  ) {
    throw new UsageError(`--${flag} ${text}: one number or three (R,G,B) are needed, such as 0.5 or 0.485,0.456,0.406`);
  }
  return [r, g, b];
}

function describeInput(preprocessing: {
  size: readonly [number, number] | null;
  resize: number | readonly [number, number] | null;
  crop: readonly [number, number] | null;
  mean: readonly number[];
  std: readonly number[];
}): string {
  const { size, resize, crop, mean, std } = preprocessing;
  const steps = [
    resize === null
      ? null
      : typeof resize === 'number'
        ? `shorter side to ${resize}`
        : `resized to ${resize.join('×')}`,
    crop === null ? null : `centre ${crop.join('×')}`,
    size === null ? 'any size' : `${size.join('×')} pixels`,
    `mean ${mean.join(' ')}`,
    `std ${std.join(' ')}`,
  ];
  return steps.filter((step) => step !== null).join(', ');
}
