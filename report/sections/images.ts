/** What the images of each window themselves say: duplicates, and how many are dark, bright, blurred, … */
import type { CheckReport, DuplicatesReport, ImagesReport } from '../../drift/index.js';
import { formatCount, formatP, formatPercent, keepTogether, NOT_KNOWN, plural, shorten } from '../format.js';
import { type Content, type Fragment, html } from '../html.js';
import type { ReportData } from '../report-data.js';
import { foldedSection, type StackedColumn, stackedTable } from './parts.js';

const CHECK_NAMES: Readonly<Record<CheckReport['name'], string>> = {
  dark: 'dark',
  bright: 'bright',
  blurred: 'blurred',
  tiny: 'tiny',
  huge: 'huge',
  odd_aspect: 'odd aspect ratio',
};

const NAME_LENGTH = 80;

export function imagesSection({ drift }: ReportData): Fragment | null {
  const known = drift.windows.flatMap(({ name, images }) => (images === null ? [] : [{ name, images }]));
  if (known.length === 0) return null;
  const columns: StackedColumn[] = [
    ['Window', 'c-window'],
    ['What stands out', 'c-cause'],
    ['Exact duplicates', 'c-method'],
    ['Near duplicates', 'c-method'],
    ['Bad images', 'c-method'],
  ];
  const rows = known.map(({ name, images }) => [
    shorten(name, NAME_LENGTH),
    findingsCell(images),
    duplicatesCell(images.duplicates.exact, 'also in the baseline'),
    duplicatesCell(images.duplicates.near, 'like one of the baseline'),
    checksCell(images.checks),
  ]);
  const findings = known.reduce((sum, { images }) => sum + images.findings.length, 0);
  return foldedSection({
    id: 'images',
    title: 'Duplicates and bad images',
    hint: findings === 0 ? 'nothing stands out' : `${plural(findings, 'finding')}`,
    body: html`<p>Exact duplicates are files of equal bytes, near duplicates look alike (equal perceptual hashes). Dark and bright
are as cleanvision defines them; blurred is less sharp at equal contrast than 98 % of the baseline's images. They do not decide about drift; repeated, black and white
images do (“repeated or blank images”).</p>
${stackedTable('method-table', 'Duplicates and bad images of every window', columns, rows)}`,
  });
}

/** @param ofBaselineWords what an image is that an image of the baseline equals */
function duplicatesCell(report: DuplicatesReport | null, ofBaselineWords: string): Content {
  if (report === null) return html`<span class="unknown">${NOT_KNOWN}</span>`;
  const { images, within, in_baseline: inBaseline, baseline, estimated } = report;
  const about = estimated ? 'about ' : '';
  const ofBaseline =
    baseline === null
      ? html`<small>baseline: ${NOT_KNOWN}</small>`
      : html`<small>baseline: ${formatPercent(baseline.within / baseline.images)}</small><small>${about}${formatCount(
          inBaseline,
        )} ${ofBaselineWords}</small>`;
  return html`<span class="figure">${about}${formatCount(within)}</span><small>of ${plural(images, 'image')}, ${formatPercent(within / images)}</small>${ofBaseline}`;
}

/** The checks that any image fails, in the window or in the baseline. */
function checksCell(checks: readonly CheckReport[]): Content {
  const known = checks.filter(({ found }) => found !== null);
  if (known.length === 0) return html`<span class="unknown">${NOT_KNOWN}</span>`;
  const some = known.filter(({ found, baseline }) => found !== 0 || (baseline?.found ?? 0) !== 0);
  if (some.length === 0) return 'none';
  return some.map(
    ({ name, share, baseline, p_adjusted: p }) =>
      html`<small>${CHECK_NAMES[name]}: ${formatPercent(share)}, baseline ${formatPercent(baseline?.share)}${
        p === null ? null : html`, ${formatP(p)}`
      }</small>`,
  );
}

function findingsCell({ findings }: ImagesReport): Content {
  if (findings.length === 0) return 'nothing';
  return html`<ul class="causes">${findings.map((text) => html`<li>${keepTogether(text)}</li>`)}</ul>`;
}
