import { printable, shellWord } from '../base/index.js';
import type { Checked, Problem, PublishOptions, PublishPreview, Updated } from '../fiddler/publish/index.js';
import type { CommonArgs } from './command.js';
import { type ModelArgs, withModel } from './fiddler-options.js';
import { Progress } from './heartbeat.js';
import { ourCommand, print, printJson, printLines, say, writeMarked } from './output.js';
import { formatTable } from './table.js';

/** As for everything that the server is the reason of. */
const NOT_AS_PUBLISHED = 5;

type Args = ModelArgs & CommonArgs;

export async function checkAgain(args: Args, options: Omit<PublishOptions, 'model'>): Promise<void> {
  const { checkPublished } = await import('../fiddler/publish/index.js');
  const watch = new PublishWatch(args.quiet);
  const checked = await withModel(args, (client, model) =>
    checkPublished(client, { ...options, model, onProgress: watch.update }),
  );
  watch.end();
  if (args.json) printJson(checkedJson(checked));
  else print(checkedLines(checked, args).join('\n'));
  if (checked.missing > 0 || checked.repeated > 0) process.exitCode = NOT_AS_PUBLISHED;
}

function checkedJson({ repeatedIds, ...checked }: Checked): Record<string, unknown> {
  return { ...checked, repeated_ids: repeatedIds };
}

function checkedLines({ rows, open, found, missing, repeated, journal }: Checked, { model }: ModelArgs): string[] {
  const number = (value: number) => value.toLocaleString('en');
  const lines = [`${number(found)} of ${number(rows)} events are on the server (${model}, ${journal})`];
  if (open > 0) lines.push(`${number(open)} events are not published yet: run the same command without --check.`);
  if (missing > 0) {
    lines.push(
      `${number(missing)} events are missing that the journal called done: run the same command without --check.`,
    );
  }
  if (repeated > 0) {
    lines.push(
      `${number(repeated)} events are stored more than once, or with another time: ${ourCommand(`delete --journal ${shellWord(journal)}`)}, then publish again.`,
    );
  }
  return lines;
}

export function printUpdated({ rows, sent, unknown, journal }: Updated, { json, model }: CommonArgs & ModelArgs): void {
  if (json) {
    printJson({ rows, sent, unknown, journal });
    return;
  }
  const number = (value: number) => value.toLocaleString('en');
  const where = `${number(rows)} events of ${model}`;
  if (sent === 0)
    print(`${where}: no label was sent; the journal says that all were before, the server was not asked (${journal})`);
  else print(`${where}: the labels of ${number(sent)} were sent (${journal})`);
  if (unknown === null) print('Whether the server has these events cannot be read back.');
  else if (unknown > 0)
    print(`${number(unknown)} of them are not on the server: publish them first, with their labels.`);
}

/** On stdout for a dry run, whose result it is; on stderr beside a publish. */
function writeProblem(stream: NodeJS.WriteStream, { severity, code, message, count, hint }: Problem): void {
  const more = count > 1 ? ` (and ${(count - 1).toLocaleString('en')} more like it)` : '';
  const rest = `: ${printable(message)}${more}${hint === null ? '' : `\n  ${printable(hint)}`}`;
  writeMarked(stream, severity === 'error' ? 'red' : 'yellow', `${severity} ${code}`, rest);
}

export class PublishWatch {
  #waiting: string | null = null;

  readonly #quiet: boolean;
  readonly #bar: Progress;

  constructor(quiet: boolean) {
    this.#quiet = quiet;
    this.#bar = new Progress(quiet);
  }

  readonly update: NonNullable<PublishOptions['onProgress']> = (progress) => {
    switch (progress.stage) {
      case 'checking':
        this.#bar.update('checking', progress.rows, null, 'events');
        break;
      case 'planned':
        this.end();
        if (!this.#quiet) for (const problem of progress.warnings) writeProblem(process.stderr, problem);
        if (progress.doneRows > 0 && progress.doneRows < progress.rows) {
          say(this.#quiet, `${progress.journal}: going on after ${progress.doneRows.toLocaleString('en')} events`);
        }
        break;
      case 'publishing':
        this.#bar.update('publishing', progress.rows, progress.total, 'events');
        break;
      case 'waiting':
        if (this.#waiting !== progress.what) say(this.#quiet, `waiting for ${progress.what}`);
        this.#waiting = progress.what;
        break;
      case 'warning':
        if (!this.#quiet) writeProblem(process.stderr, progress.problem);
        break;
    }
  };

  end(): void {
    this.#bar.end();
  }
}

export function printPreview(preview: PublishPreview, checkedAgainstModel: boolean): void {
  const lines = preview.chunks.map(({ chunk, file, requests }) => [
    requests.map(({ method, path }) => `${method} ${path}`).join(', '),
    file,
    chunk.rows.toLocaleString('en'),
    requests.map(({ bytes }) => bytes.toLocaleString('en')).join(' + '),
    chunk.times === null ? '' : new Date(chunk.times.from).toISOString(),
    chunk.times === null ? '' : new Date(chunk.times.to).toISOString(),
  ]);
  printLines(formatTable(['request', 'events', '>rows', '>bytes', 'from', 'to'], lines));
  printLines(`\n${preview.rows.toLocaleString('en')} events, ${preview.bytes.toLocaleString('en')} bytes; first rows:`);
  for (const row of preview.firstRows) print(JSON.stringify(row));
  print('');
  if (!checkedAgainstModel) print('Not checked against the model: FIDDLER_URL is not set.');
  for (const problem of preview.problems) writeProblem(process.stdout, problem);
  if (preview.problems.length === 0) print('Nothing wrong was found. Nothing was sent.');
  else print('Nothing was sent.');
}
