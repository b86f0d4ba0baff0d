/**
 * Values for flags that were not typed: from the environment and from a config file.
 *
 * A config file that `--config` names may set every flag. One that merely lies in the working directory came with
 * whatever else lies there, so it may not say what is written, nor where anything comes from or goes to.
 */
import { resolve } from 'node:path';
import type { Options } from 'yargs';
import { nearest, shown } from '../errors/index.js';
import { readSmallFileSync } from '../files/index.js';
import { UsageError } from './usage-error.js';

const DEFAULT_FILE = 'image-drift.config.json';
const PREFIX = 'IMAGE_DRIFT_';
/** A hundred flags of a hundred characters. */
const MAX_BYTES = 2 ** 20;
/** Flags whose value is an address, or becomes part of one. */
const ADDRESSES: readonly string[] = ['mirror', 'image-url'];

/** `IMAGE_DRIFT_CACHE` is where measurements and downloads are kept; images are kept only where a command says so. */
const NOT_FROM_ENVIRONMENT: readonly string[] = ['cache'];

type Values = Record<string, unknown>;

/** The flags of each command. */
export type CommandFlags = ReadonlyMap<string, Record<string, Options>>;

export interface Settings {
  values: Values;
  /** Path of the config file; null where there is none. */
  configFile: string | null;
}

/**
 * Settings of one command. The config file is a JSON object of flag names, for all commands that know them, and of
 * objects under a command's name, for that command alone: `{"threads": 4, "drift": {"base": "2"}}`.
 *
 * @param outputs flags of the command whose value is written to
 * @throws UsageError
 */
export function settingsFor(command: string, flags: CommandFlags, outputs: readonly string[]): Settings {
  const options = flags.get(command) ?? {};
  const file = readConfigFile();
  const own = file === null ? {} : valuesFor(command, flags, file);
  if (file?.found) refuseForFound(file.path, own, outputs);
  return { values: { ...own, ...fromEnvironment(options) }, configFile: file && resolve(file.path) };
}

function fromEnvironment(options: Record<string, Options>): Values {
  const settings: Values = {};
  for (const [name, option] of Object.entries(options)) {
    if (NOT_FROM_ENVIRONMENT.includes(name)) continue;
    const value = process.env[variable(name)];
    if (value !== undefined && value !== '') settings[name] = typed(name, value, option);
  }
  return settings;
}

function variable(flag: string): string {
  return PREFIX + flag.replaceAll('-', '_').toUpperCase();
}

/** Text of an environment variable as the flag's own type; yargs does this only for what was typed. */
function typed(name: string, value: string, option: Options): unknown {
  if (option.type === 'number') return numberOf(variable(name), value);
  if (option.type === 'array') return value.split(',');
  if (option.type !== 'boolean') return value;
  if (/^(1|true|yes)$/i.test(value)) return true;
  if (/^(0|false|no)$/i.test(value)) return false;
  throw new UsageError(`${variable(name)} is ${value}, it takes true or false`);
}

interface ConfigFile {
  path: string;
  /** Whether it was found in the working directory, not named. */
  found: boolean;
  values: Values;
}

function valuesFor(command: string, flags: CommandFlags, { path, values }: ConfigFile): Values {
  checkNames(path, flags, values);
  const options = flags.get(command) ?? {};
  const shared = Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(options, name)));
  const own = Object.hasOwn(values, command) && flags.has(command) ? values[command] : {};
  const found: Values = { ...shared, ...(own as Values) };
  for (const [name, value] of Object.entries(found)) {
    if (options[name]?.type === 'number') numberOf(`${path}: ${name}`, value);
  }
  return found;
}

/** @param place what has the value */
function numberOf(place: string, value: unknown): number {
  const number = Number(value);
  if (!Number.isFinite(number)) throw new UsageError(`${place} is ${shown(String(value))}, it takes a number`);
  return number;
}

/** Every name in the file, not only those for this command: a typo is found at the first run. */
function checkNames(path: string, flags: CommandFlags, values: Values): void {
  const everywhere = new Set([...flags.values()].flatMap(Object.keys));
  for (const [name, value] of Object.entries(values)) {
    const options = flags.get(name);
    if (options === undefined) {
      if (!everywhere.has(name))
        throw unknown(`${path}: no flag or command is named`, name, [...everywhere, ...flags.keys()]);
      continue;
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new UsageError(`${path}: ${name} is not an object of flags`);
    }
    const wrong = Object.keys(value).find((flag) => !Object.hasOwn(options, flag));
    if (wrong !== undefined) throw unknown(`${path}: ${name} has no flag`, wrong, Object.keys(options));
  }
}

function unknown(what: string, name: string, known: readonly string[]): UsageError {
  const meant = nearest(name, known);
  return new UsageError(`${what} ${shown(name)}`, meant ? `Did you mean ${meant}?` : undefined);
}

function refuseForFound(path: string, own: Values, outputs: readonly string[]): void {
  const refused = Object.keys(own).find((name) => outputs.includes(name) || ADDRESSES.includes(name));
  if (refused === undefined) return;
  throw new UsageError(
    `${resolve(path)}: sets ${refused}, which only a config file that --config names may set`,
    `If it is yours: image-drift … --config ${DEFAULT_FILE}`,
  );
}

function readConfigFile(): ConfigFile | null {
  const asked = askedConfigFile();
  const path = asked ?? DEFAULT_FILE;
  let text: string;
  try {
    text = readSmallFileSync(path, MAX_BYTES, 'a config file').toString('utf8');
  } catch (error) {
    if (asked === null && (error as { code?: unknown }).code === 'FILE_NOT_FOUND') return null;
    throw new UsageError(`${path}: the config file cannot be read: ${(error as Error).message}`);
  }
  try {
    const values: unknown = JSON.parse(text);
    if (typeof values !== 'object' || values === null || Array.isArray(values)) throw new SyntaxError('no JSON object');
    return { path, found: asked === null, values: values as Values };
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`, 'A config file is a JSON object of flag names.');
  }
}

function askedConfigFile(): string | null {
  const at = process.argv.findIndex((word) => word === '--config' || word.startsWith('--config='));
  if (at < 0) return process.env[`${PREFIX}CONFIG`] ?? null;
  const word = process.argv[at] as string;
  return (word.includes('=') ? word.slice(word.indexOf('=') + 1) : process.argv[at + 1]) ?? null;
}
