/**
 * What a command is: flags as data, and a handler that imports other rooms itself, so that `--help` loads none.
 * Values come, in this order, from: the flag, the environment (`IMAGE_DRIFT_THREADS`), the config file, the default.
 */
import type { Argv, CommandModule } from 'yargs';
import { dashed, type Fields, nearest, setOffline, throwRefused, toggle } from '../base/index.js';
import { asJson, wantsJson } from './argv.js';
import { type ArgsOf, type Flag, type Flags, flagsFrom } from './flag.js';
import { heartbeat } from './heartbeat.js';
import { say } from './output.js';
import { checkPlaces, refuseOverwriting } from './outputs.js';
import { type CommandFlags, settingsFor } from './settings.js';
import { UsageError } from './usage-error.js';

/** Ends a command after all is printed: drift with `--fail-on-drift`, a server with other numbers. Not an error. */
export class Found extends Error {
  override readonly name = 'Found';
  static readonly exitCode = 3;
}

export interface Command<A> {
  /** yargs' form, e.g. `embed <images>`; a command of a group has the group's name before its own: `monitor init <state>`. */
  usage: string;
  describe: string;
  positionals?: Flags;
  options: Flags;
  /** Arguments, by their names in `run`, whose file or folder is read; the command's output may not replace it. */
  inputs?: readonly string[];
  /** Flags whose value is a file or folder that is made. */
  outputs?: readonly string[];
  /** Those of `outputs` that are one file each, in a folder that is there. */
  files?: readonly string[];
  /** Runs until a signal ends it: nobody waits for the end. */
  serves?: boolean;
  /** Whether `-` among its arguments is standard input. */
  readsStdin?: boolean;
  /** `[arguments, what they do]`, shown at the end of the help. */
  examples: readonly (readonly [string, string])[];
  run(args: A & CommonArgs): Promise<void>;
}

export function command<F extends Fields, P extends Fields = Record<never, never>>({
  positionals,
  options,
  ...rest
}: Omit<Command<ArgsOf<F> & ArgsOf<P>>, 'positionals' | 'options'> & { positionals?: P; options: F }): Command<
  ArgsOf<F> & ArgsOf<P>
> {
  return { ...rest, ...(positionals && { positionals: flagsFrom(positionals) }), options: flagsFrom(options) };
}

const common = {
  json: toggle().default(false).computes('Print one JSON object on stdout instead of text'),
  quiet: toggle().default(false).computes('No progress and no messages on stderr'),
  offline: toggle().default(false).computes('A connection to anything but this machine is an error'),
};
export type CommonArgs = ArgsOf<typeof common>;

const COMMON = flagsFrom(common);
/** Flags of the program itself, known before any command runs. */
const PROGRAM = ['help', 'version', 'verbose', 'config'];

/** @param showsFlags for help or completions: yargs lays all shown flags out before any command runs, which is slow */
export function toYargs<A>(command: Command<A>, showsFlags: boolean, flags: CommandFlags): CommandModule {
  const options = flagsOf(command);
  const known = { ...command.positionals, ...options };
  let configFile: string | null = null;
  let ignored: string[] = [];
  return {
    command: command.usage.slice(groupOf(command.usage).length),
    describe: command.describe,
    builder: (yargs: Argv) => {
      for (const [name, positional] of Object.entries(command.positionals ?? {})) {
        yargs.positional(name, positional as Parameters<Argv['positional']>[1]);
      }
      yargs.options(showsFlags ? options : hidden(options));
      if (showsFlags) layOut(yargs, command);
      const settings = settingsFor(commandName(command.usage), flags);
      ({ configFile, ignored } = settings);
      yargs.config(settings.values);
      return yargs.check((argv) => {
        refuseTooMany(command, argv['_'] as readonly (string | number)[]);
        return checkArguments(argv, known);
      }, false);
    },
    handler: async (argv) => {
      if (configFile !== null) say(asksForSilence(), `Config: ${configFile}`);
      if (ignored.length > 0)
        say(asksForSilence(), `Ignored, since they set no flag of image-drift: ${ignored.join(', ')}.`);
      setOffline(argv['offline'] === true);
      const end = tells(command, argv as unknown as CommonArgs) ? heartbeat.begin(commandName(command.usage)) : null;
      try {
        await refuseOverwriting(argv, command.inputs ?? [], command.outputs ?? []);
        await checkPlaces(argv, command.files ?? []);
        await command.run(argv as unknown as A & CommonArgs).finally(throwRefused);
      } catch (error) {
        if (argv['json'] === true) asJson(error);
        throw error;
      } finally {
        end?.();
      }
    },
  };
}

/** A command has its own line on a terminal; with `--json`, an error's line is all that a program may read. */
function tells({ serves }: Pick<Command<never>, 'serves'>, { quiet, json }: CommonArgs): boolean {
  return !(serves || quiet || json || process.stderr.isTTY);
}

function layOut(yargs: Argv, { options, examples }: Pick<Command<never>, 'options' | 'examples'>): void {
  yargs.group(Object.keys(options), 'Options:');
  yargs.group([...Object.keys(COMMON), ...PROGRAM], 'Common options:');
  for (const [example, says] of examples) yargs.example(`$0 ${example}`, says);
}

export function flagsOf({ options }: Pick<Command<never>, 'options'>): Flags {
  const { out } = options;
  return { ...COMMON, ...options, ...(out && { out: { ...out, alias: OUT_ALIAS } }) };
}

const OUT_ALIAS = 'o';

/** By the user's own hand: a config file does not hide that it is there. */
function asksForSilence(): boolean {
  return process.argv.includes('--quiet') || wantsJson(process.argv, process.env);
}

function hidden(options: Flags): Flags {
  return Object.fromEntries(Object.entries(options).map(([name, option]) => [name, { ...option, hidden: true }]));
}

/** `embed`, or `monitor init`. */
export function commandName(usage: string): string {
  return usage.replace(/ [<[].*/, '');
}

/** `monitor ` of `monitor init <state>`; empty for a command that is in no group. */
function groupOf(usage: string): string {
  return /^[a-z-]+ (?=[a-z])/.exec(usage)?.[0] ?? '';
}

/** The one that the words of a command line begin with. */
export function commandOf(words: readonly string[], commands: readonly Command<never>[]): Command<never> | undefined {
  return commands.find(
    ({ usage }) => words.slice(0, 2).join(' ') === commandName(usage) || words[0] === commandName(usage),
  );
}

/** Commands by the name of their group; those without one are alone under their own. */
export function grouped(commands: readonly Command<never>[]): Map<string, Command<never>[]> {
  const groups = new Map<string, Command<never>[]>();
  for (const command of commands) {
    const name = commandName(command.usage).split(' ')[0] as string;
    groups.set(name, [...(groups.get(name) ?? []), command]);
  }
  return groups;
}

/** yargs leaves aside what a command takes no more of, such as the second file of a pattern. @throws UsageError */
function refuseTooMany({ usage }: Pick<Command<never>, 'usage'>, words: readonly (string | number)[]): void {
  const name = commandName(usage);
  const second = words[name.split(' ').length];
  if (second === undefined) return;
  const names = [...usage.matchAll(/<([\w-]+)>/g)].map(([, positional = '']) => positional.toUpperCase());
  throw new UsageError(`${name}: ${second}: is one too many`, `It takes ${names.join(' ') || 'flags alone'}.`);
}

function checkArguments(argv: Record<string, unknown>, known: Flags): true {
  for (const name of Object.keys(argv)) {
    const unknown = name === '_' || name === '$0' ? null : unknownFlag(name, known);
    if (unknown !== null) throw unknown;
  }
  for (const [name, option] of Object.entries(known)) checkValue(name, option, argv[name]);
  return true;
}

/** @returns null for a flag that there is */
export function unknownFlag(name: string, known: Flags): UsageError | null {
  if (PROGRAM.includes(name) || Object.hasOwn(known, name)) return null;
  if (name === OUT_ALIAS && Object.hasOwn(known, 'out')) return null;
  const typed = dashed(name);
  if (Object.hasOwn(known, typed) || PROGRAM.includes(typed)) return null;
  const meant = nearest(typed, [...Object.keys(known), ...PROGRAM]);
  const message = `unknown flag ${name.length === 1 ? '-' : '--'}${typed}`;
  return new UsageError(message, meant ? `Did you mean --${meant}?` : undefined);
}

function checkValue(name: string, option: Flag, value: unknown): void {
  if (value === undefined) return;
  if (Array.isArray(value) && option.type !== 'array' && option.array !== true) {
    throw new UsageError(`--${name} is given ${value.length} times, it takes one value`);
  }
  if (option.type === 'string' && value === '') throw new UsageError(`--${name} is empty`);
}
