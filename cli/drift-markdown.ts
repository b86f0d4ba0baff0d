/** A drift report as Markdown, for the summary of a job: a row for each window. */
import { markdownText } from '../base/index.js';
import type { DriftReport, WindowReport } from '../drift/index.js';
import { digitsOfChance } from '../report/numbers/index.js';

export function driftMarkdown({ windows }: DriftReport): string {
  const drifted = windows.filter(({ verdict }) => verdict === 'drift').length;
  return [
    `### image-drift: ${drifted === 0 ? 'no drift' : `drift in ${drifted} of ${windows.length} windows`}`,
    '',
    '| window | images | accuracy | p | verdict | likely cause |',
    '|---|---:|---:|---:|---|---|',
    ...windows.map((window) => `| ${cellsOf(window).join(' | ')} |`),
  ].join('\n');
}

function cellsOf(window: WindowReport): string[] {
  const { name, rows, accuracy, p, verdict, causes, notes } = window;
  const percent = accuracy === null ? '' : `${(100 * accuracy).toFixed(2)} %`;
  const said = verdict === 'drift' ? '**drift**' : (verdict ?? '');
  const chance = p === null ? '' : markdownText(digitsOfChance(p));
  return [
    markdownText(name),
    rows.toLocaleString('en'),
    percent,
    chance,
    said,
    markdownText((verdict === 'too few rows' ? notes : (causes ?? []).slice(0, 2)).join('; ')),
  ];
}
