/** What a conversion has to assume, as a form asks for it: the options of `convert`, with the same help and refusals. */
import { CodedError, dashed, type Fields } from '../../base/index.js';
import type { ConvertOptions } from '../../convert/index.js';
import { modelFields, preprocessingFields, recogniseFields } from '../../convert/options/index.js';
import type { ModelConfig } from '../../weights/index.js';
import type { ModelField } from './messages.js';

// A page judges no labels of which several may hold, and has no path of a csv.
const { multiLabel: _labels, thresholds: _csv, ...ofModels } = modelFields;
const FIELDS: Fields = { ...preprocessingFields, ...ofModels, ...recogniseFields };
const CLASSES: ModelField = {
  name: 'classes',
  label: 'Classes',
  help: 'Class names, one a line or with commas between; two for one output, the logit of the second',
  choices: null,
};

export function askedFields(): ModelField[] {
  const fields = Object.entries(FIELDS).flatMap(([name, { words }]) => {
    const { describe: help, choices } = words;
    if (help === undefined) return [];
    return [{ name, label: labelOf(flagOf(name)), help: byLabels(help), choices: choices?.map(String) ?? null }];
  });
  return [...fields, CLASSES];
}

function flagOf(name: string): string {
  return `--${dashed(FIELDS[name]?.words.flagName ?? name)}`;
}

/** `Channel order` of `--channel-order`. */
function labelOf(flag: string): string {
  const words = flag.replace('--', '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const FLAGS: ReadonlySet<string> = new Set(['--classes', ...Object.keys(FIELDS).map(flagOf)]);

/** A text of the command line, in which the flags that are fields of the form are called as they are there. */
export function byLabels(text: string): string {
  return text.replace(/--[a-z]+(-[a-z]+)*/g, (flag) => (FLAGS.has(flag) ? labelOf(flag) : flag));
}

/** @throws CodedError `BAD_OPTION` naming the flag and the text */
export function chosenOptions(choices: Readonly<Record<string, string>>): ConvertOptions {
  const given = Object.entries(choices).filter(([, text]) => text.trim() !== '');
  return Object.fromEntries(given.map(([name, text]) => [name, valueIn(name, text.trim())]));
}

function valueIn(name: string, text: string): unknown {
  if (name === CLASSES.name) return text.split(/[\n,]/).flatMap((line) => line.trim() || []);
  const { read, refusal, choices } = FIELDS[name]!.words;
  if (choices !== undefined) return choices.find((choice) => String(choice) === text);
  const value = read === undefined ? text : read(text);
  if (value !== undefined) return value;
  throw new CodedError('BAD_OPTION', refusal?.(flagOf(name), text) ?? `${flagOf(name)} ${text}`);
}

/** What was taken, in the words that the fields take. */
export function takenValues({ preprocessing, classes, tap }: ModelConfig): Record<string, string> {
  const { range, size, resize, mode, crop, interpolation, mean, std, orientation } = preprocessing;
  const sides = (value: readonly number[] | number | null) => (value === null ? 'none' : [value].flat().join('x'));
  return {
    range: range?.join(',') ?? '',
    size: size === null ? 'any' : sides(size),
    resize: sides(resize),
    mode: mode ?? '',
    crop: sides(crop),
    interpolation: interpolation ?? 'bilinear',
    mean: mean.join(','),
    std: std.join(','),
    orientation: orientation ?? 'ignore',
    classes: classes.length === 0 ? 'none' : classes.slice(0, 12).join(', ') + (classes.length > 12 ? ', …' : ''),
    tap,
  };
}
