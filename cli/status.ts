import { setTimeout as pause } from 'node:timers/promises';
import { printable, shellWord, text, toggle } from '../base/index.js';
import type { RunStatus } from '../scale/index.js';
import { command } from './command.js';
import { ourCommand, print, printJson, printLines, terminalWidth } from './output.js';
import { wrapped } from './table.js';

const WATCH_MS = 5_000;
/** As many as a screen shows. */
const FAILED_TOLD = 10;

export const status = command({
  usage: 'status <run>',
  describe: 'How far a run in shards is: done, missing, failed, slow',
  positionals: { run: text().needed().flag('The run that plan made: its folder, or s3://BUCKET/PREFIX') },
  options: { watch: toggle().default(false).flag('Every five seconds, until all shards are done') },
  inputs: ['run'],
  examples: [
    ['status run', ''],
    ['status run --watch', 'Until all shards are done'],
    ['status run --json', 'For programs'],
  ],
  async run({ run, watch, json }) {
    const [{ withRun }, { readPlan, runStatus }] = await Promise.all([
      import('../pipeline/scale/index.js'),
      import('../scale/index.js'),
    ]);
    await withRun(run, async (place) => {
      const known = await readPlan(place);
      for (;;) {
        const found = await runStatus(place, known, Date.now());
        if (json) printJson(asJson(found));
        else tell(run, found);
        if (!watch || found.missing.length === 0) return;
        await pause(WATCH_MS);
      }
    });
  },
});

function asJson(found: RunStatus) {
  const { run, shards, done, missing, missingText, failed, running, stragglers, images, rows, rejected } = found;
  return {
    ...{ run, shards, done, missing, array: missingText, failed, running, stragglers, images, rows, rejected },
    images_per_second: found.rate,
    seconds_left: found.secondsLeft,
    damage: found.damage.map(({ code, message, hint }) => ({ code, message, hint })),
  };
}

function tell(run: string, found: RunStatus): void {
  const { shards, done, missing, missingText, failed, running, stragglers, rows, rejected, damage } = found;
  const count = (value: number) => value.toLocaleString('en');
  print(
    `${run}: ${count(done)} of ${count(shards)} shards done, ${count(rows)} events, images rejected: ${count(rejected)}`,
  );
  for (const { message } of damage) printLong(`Damaged: ${message}`);
  if (missing.length === 0) {
    if (damage.length > 0) return;
    print(`All shards are done. Next: ${ourCommand(`gather ${shellWord(run)} --out events.parquet`)}`);
    return;
  }
  const rate = found.rate === null ? '' : `; ${rateText(found.rate)} images/s, ${timeText(found.secondsLeft!)} left`;
  print(`${count(running.length)} begun and not done${rate}`);
  if (stragglers.length > 0) print(`Much slower than the others: ${stragglers.join(', ')}`);
  print(`Missing: --array=${missingText} or --only ${missingText}`);
  for (const { shard, code, host, message } of failed.slice(0, FAILED_TOLD)) {
    printLong(`Failed: shard ${shard} on ${host}, ${code}: ${message}`);
  }
  if (failed.length > FAILED_TOLD) print(`and ${failed.length - FAILED_TOLD} more; --json has all`);
}

function printLong(line: string): void {
  printLines(wrapped(printable(line), terminalWidth(), '  '));
}

/** Large networks take seconds an image. */
function rateText(rate: number): string {
  return rate.toLocaleString('en', rate < 10 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 0 });
}

function timeText(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
