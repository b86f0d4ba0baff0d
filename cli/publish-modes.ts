/** `publish --check` and `publish --update`: what they say, and with which exit code. */
import type { Checked, PublishOptions, Updated } from '../fiddler/publish/index.js';
import type { CommonArgs } from './command.js';
import { type ModelArgs, withModel } from './fiddler-options.js';
import { print, printJson } from './output.js';
import { PublishWatch } from './publish-watch.js';

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
      `${number(repeated)} events are stored more than once, or with another time: image-drift delete --journal ${journal}, then publish again.`,
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
