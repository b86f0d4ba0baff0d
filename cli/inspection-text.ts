import { printable } from '../base/index.js';
import { statisticColumn } from '../data/index.js';
import type { Inspection } from '../pipeline/index.js';
import { openAssumptions } from '../weights/index.js';
import { checkedText } from './given-model.js';
import { formatTable, shapeText, wrapped } from './table.js';

/** Names that are listed, where there may be thousands. */
const LISTED = 20;
const STATISTIC_PREFIX = statisticColumn('');

/** @param width characters in a line of the terminal; infinite for none */
export function inspectionText(path: string, found: Inspection, width: number): string {
  const { title, rest } = told(found);
  const lines = rest.map((part) =>
    typeof part === 'string' ? wrapped(`  ${part}`, width, '    ') : indented(part.asIs),
  );
  return [`${printable(path)}: ${title}`, ...lines].join('\n');
}

/** Lines that are never broken: tables, and what is copied. */
interface AsIs {
  asIs: string;
}

interface Told {
  title: string;
  rest: readonly (string | AsIs)[];
}

function told(found: Inspection): Told {
  switch (found.kind) {
    case 'checkpoint':
      return say(`checkpoint (${found.format}), sha256 ${found.sha256}`, [
        found.network
          ? `fits ${found.network.backbone}, ${headText(found.network.head, found.network.classes)}`
          : `is not converted: ${printable(found.reason ?? '')}`,
        { asIs: '' },
        table(
          ['tensor', 'type', 'shape'],
          found.tensors.map(({ name, dtype, shape }) => [name, dtype, shapeText(shape)]),
        ),
      ]);
    case 'onnx':
      return say(
        `ONNX (opset ${found.opset}, IR ${found.irVersion}, ${printable(found.producer)}), sha256 ${found.sha256}`,
        networkLines(found),
      );
    case 'exported-program':
      return say(`exported program (schema ${found.schema}), sha256 ${found.sha256}`, networkLines(found));
    case 'tfjs-model':
      return say(`TensorFlow.js (${found.format}), sha256 ${found.sha256}`, networkLines(found));
    case 'weights': {
      const { backbone, head, classes, multiLabel, tap, preprocessing, provenance } = found.config;
      return say(`weights, sha256 ${found.sha256}`, [
        `network: ${backbone}, ${headText(head, classes.length)}, ${contents(found)}`,
        `embedding: the output of ${printable(tap)}`,
        labelLine('classes', classes, multiLabel?.thresholds ?? null),
        `input: ${JSON.stringify(preprocessing)}`,
        ...(found.python === null ? [] : [{ asIs: `in Python: ${found.python}` }]),
        `made from ${printable(provenance.source)}, sha256 ${provenance.sha256}, by ${printable(provenance.converter)}`,
        ...openAssumptions(provenance, found.checked).map((assumption) => `assumed: ${printable(assumption)}`),
        ...(provenance.ignored === undefined
          ? []
          : [`left out by --ignore: ${printable(provenance.ignored.join(', '))}`]),
        found.checked === null ? 'not compared with its own program' : checkedText(found.checked),
      ]);
    }
    case 'images':
      return say(`${found.images.toLocaleString('en')} images`, [
        `the first ${found.opened.toLocaleString('en')}: ${formatsText(found.formats)}`,
        ...(found.height && found.width
          ? [`height ${rangeText(found.height)}, width ${rangeText(found.width)} pixels`]
          : []),
        ...(found.turned > 0 ? [`with an EXIF orientation: ${found.turned}`] : []),
        ...(found.deep > 0 ? [`of 16 bits, for weights of convert --range LOW,HIGH: ${found.deep}`] : []),
        ...(found.problem === null ? [] : [`cannot be used, the first: ${printable(found.problem)}`]),
        ...(found.carried.length === 0 ? [] : [`carried along: ${listed(found.carried.map(typed))}`]),
        ...found.notices.map(printable),
      ]);
    case 'arrays':
      return say(`${found.arrays.length} arrays`, [
        table(
          ['array', 'type', 'shape', 'order'],
          found.arrays.map((a) => [a.name, a.dtype, shapeText(a.shape), a.fortran_order ? 'Fortran' : 'C']),
        ),
        ...found.arrays.flatMap(depthLine),
      ]);
    case 'events':
      return say(`events (${found.format})`, [
        `rows: ${found.rows === null ? 'not counted' : found.rows.toLocaleString('en')}`,
        `embeddings: ${found.dimensions} values, layer ${printable(found.tap ?? 'not said')}`,
        `weights: ${weightsText(found)}`,
        ...eventColumns(found),
        ...(found.carried.length === 0 ? [] : [`carried along: ${listed(found.carried.map(typed))}`]),
      ]);
    case 'profile':
      return say('profile', [
        `baseline: ${found.rows.toLocaleString('en')} rows of ${found.dimensions} values, layer ${printable(found.tap ?? 'not said')}`,
        `clusters: ${found.clusters}, rows in each: ${found.counts.map((count) => count.toLocaleString('en')).join(', ')}`,
        `weights: ${weightsText(found)}`,
      ]);
  }
}

/** What `embed` asks of an array that may be images. */
function depthLine({ name, dtype, shape }: Extract<Inspection, { kind: 'arrays' }>['arrays'][number]): string[] {
  if (shape.length !== 3 && shape.length !== 4) return [];
  const asked = /^[<>]u2$/.test(dtype)
    ? 'values above 255 need weights of convert --range LOW,HIGH'
    : /^[<>]f/.test(dtype)
      ? '--pixels unit if they are divided by 255; otherwise save them as uint8, or as uint16 for convert --range LOW,HIGH'
      : null;
  return asked === null ? [] : [`${printable(name)} as images: ${asked}`];
}

function labelLine(what: string, labels: readonly string[], thresholds: readonly number[] | null): string {
  if (thresholds === null) return `${what}: ${labels.length === 0 ? 'none' : listed(labels)}`;
  return `${what}, of which several may hold: ${listed(labels.map((label, i) => `${label} from ${thresholds[i]}`))}`;
}

function weightsText({
  weights_sha256: sha256,
  weights_note: note,
}: Record<'weights_sha256' | 'weights_note', string | null>): string {
  return printable([sha256 ?? 'not said', ...(note === null ? [] : [note])].join(', '));
}

function networkLines(found: Extract<Inspection, { kind: 'onnx' | 'exported-program' | 'tfjs-model' }>): string[] {
  return [
    found.as_is !== null
      ? `runs as it is, on one engine alone, since it ${printable(found.as_is)}`
      : found.reason === null
        ? `is converted: ${found.classes === 0 ? 'no classes' : `${found.classes.toLocaleString('en')} classes`}`
        : `is not converted as it is: ${printable(found.reason)}`,
    ...found.inputs.map((input) => `input: ${valueText(input)}`),
    ...found.outputs.map((output) => `output: ${valueText(output)}`),
    `operators: ${printable(operatorsText(found.operators))}`,
    `${(found.parameters / 1e6).toFixed(2)} M numbers`,
  ];
}

function contents({ config, tensors, parameters }: Extract<Inspection, { kind: 'weights' }>): string {
  if (config.onnxFile !== undefined) return 'an ONNX file that runs as it is';
  return `${tensors} tensors, ${(parameters / 1e6).toFixed(2)} M numbers`;
}

function formatsText(formats: Readonly<Record<string, number>>): string {
  const texts = Object.entries(formats).map(([format, count]) => `${count.toLocaleString('en')} ${format}`);
  return texts.length === 0 ? 'none can be used' : texts.join(', ');
}

function rangeText([least, most]: readonly [number, number]): string {
  return least === most ? String(least) : `${least} to ${most}`;
}

function typed({ name, type }: { name: string; type: string }): string {
  return `${name} (${type === 'other' ? 'lists, structs or bytes, not read' : type})`;
}

function say(title: string, rest: Told['rest']): Told {
  return { title, rest };
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): AsIs {
  return { asIs: formatTable(titles, rows) };
}

function indented(text: string): string {
  return text === '' ? '' : text.replace(/^/gm, '  ');
}

/** Classes and statistics are many, and told apart from the rest. */
function eventColumns({ classes, thresholds, columns }: Extract<Inspection, { kind: 'events' }>): string[] {
  const scores = new Set(classes);
  const statistics = columns.filter((name) => name.startsWith(STATISTIC_PREFIX));
  const rest = columns.filter((name) => !scores.has(name) && !statistics.includes(name));
  const short = statistics.map((name) => name.slice(STATISTIC_PREFIX.length));
  return [
    `columns: ${printable(rest.join(', '))}`,
    labelLine('scores', classes, thresholds),
    `image statistics (${STATISTIC_PREFIX}…): ${short.length === 0 ? 'none' : printable(short.join(', '))}`,
  ];
}

/** The first names, and how many there are. */
function listed(names: readonly string[]): string {
  const more = names.length > LISTED ? `, … (${names.length.toLocaleString('en')})` : '';
  return `${printable(names.slice(0, LISTED).join(', '))}${more}`;
}

function valueText({ name, shape }: { name: string; shape: readonly (number | string)[] | null }): string {
  return printable(
    `${name} ${shape === null ? '' : `[${shape.map((size) => (size === '' ? '?' : size)).join(', ')}]`}`,
  );
}

function operatorsText(operators: Readonly<Record<string, number>>): string {
  return Object.entries(operators)
    .map(([name, count]) => `${count.toLocaleString('en')} ${name}`)
    .join(', ');
}

function headText(hidden: readonly number[], classes: number): string {
  return classes === 0 ? 'no head' : `head ${[...hidden, classes].join('-')}`;
}
