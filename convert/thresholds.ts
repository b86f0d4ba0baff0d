/** Labels of which several may hold, with the score from which on each does: 0.5, or as a csv says. */
import { nearest, quoted } from '../base/index.js';
import { readSmallText } from '../files/index.js';
import { ConvertError } from './convert-error.js';
import type { ModelOptions, ReadModel } from './read-model.js';

const USUAL = 0.5;
/** A line for each of a million labels with long names. */
const MAX_BYTES = 64 * 2 ** 20;

/**
 * The model with thresholds, if several of its labels may hold.
 * @throws ConvertError `THRESHOLDS_INVALID`; `MULTI_LABEL` where there are no labels, or one class holds; FileError
 */
export async function withLabels(model: ReadModel, options: ModelOptions): Promise<ReadModel> {
  const { multiLabel, thresholds: path } = options;
  const { config, isMultiLabel = false } = model;
  const { classes } = config;
  const flag = path !== undefined ? `--thresholds ${path}` : multiLabel ? '--multi-label' : null;
  if (classes.length === 0 && flag !== null) throw noLabels(config.provenance.source, flag, 'it has no scores');
  if (!isMultiLabel) {
    if (path === undefined) return model;
    throw noLabels(config.provenance.source, flag!, 'its scores are of classes of which one holds');
  }
  const usual = model.thresholds ?? classes.map(() => USUAL);
  const thresholds = path === undefined ? [...usual] : await readThresholds(path, classes);
  return { ...model, config: { ...config, multiLabel: { thresholds } } };
}

function noLabels(source: string, flag: string, why: string): ConvertError {
  return new ConvertError('MULTI_LABEL', `${source}: ${flag} is about labels of which several may hold, and ${why}`, {
    hint: 'If each output is the logit of a label: --multi-label, without --head none.',
  });
}

/** In the order of the labels. */
async function readThresholds(path: string, labels: readonly string[]): Promise<number[]> {
  const text = await readSmallText(path, MAX_BYTES, 'a list of thresholds');
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const header = lines[0]!.trim();
  if (header !== HEADER) throw invalid(path, 1, `the header is ${quoted(header.slice(0, 100))}, ${HEADER} is needed`);
  const found = new Map<string, { threshold: number; line: number }>();
  for (const [i, line] of lines.entries())
    if (i > 0 && line.trim() !== '') addLine({ path, line: i + 1, labels }, line, found);
  const missing = labels.filter((label) => !found.has(label));
  if (missing.length === 0) return labels.map((label) => found.get(label)!.threshold);
  const first = quoted(missing[0]!);
  const others = missing.length === 1 ? '' : ` and ${(missing.length - 1).toLocaleString('en')} others`;
  throw invalid(path, lines.length, `ends after ${found.size} of ${labels.length} labels, without ${first}${others}`);
}

const HEADER = 'label,threshold';

interface Line {
  path: string;
  line: number;
  labels: readonly string[];
}

function addLine({ path, line, labels }: Line, text: string, found: Map<string, { threshold: number; line: number }>) {
  const [, field, value] = /^\s*("(?:[^"]|"")*"|[^"]*?)\s*,\s*([^,]*?)\s*$/.exec(text) ?? [];
  if (field === undefined)
    throw invalid(path, line, `is ${quoted(text.slice(0, 100))}, a label and a threshold are needed`);
  const label = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
  if (!labels.includes(label)) {
    const meant = nearest(label, labels);
    const hint =
      meant === null ? `They are ${labels.slice(0, 10).map(quoted).join(', ')}…` : `Did you mean ${quoted(meant)}?`;
    throw invalid(path, line, `${quoted(label)} is none of the ${labels.length} labels`, hint);
  }
  const threshold = value === '' ? Number.NaN : Number(value);
  const before = found.get(label);
  if (before !== undefined) {
    throw invalid(path, line, `${quoted(label)} has ${value} here, and ${before.threshold} in line ${before.line}`);
  }
  if (!(threshold > 0 && threshold < 1)) {
    throw invalid(
      path,
      line,
      `the threshold of ${quoted(label)} is ${quoted(value!)}, a number between 0 and 1 is needed`,
    );
  }
  found.set(label, { threshold, line });
}

function invalid(path: string, line: number, what: string, hint?: string): ConvertError {
  return new ConvertError('THRESHOLDS_INVALID', `${path} line ${line.toLocaleString('en')}: ${what}`, { hint });
}
