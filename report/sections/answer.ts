/** The first thing a person sees: the answer in one sentence, then a card for each window. */
import { formatCount, formatPercent, plural } from '../format.js';
import { headline } from '../headline.js';
import { type Content, type Fragment, html } from '../html.js';
import { MANY_WINDOWS, worthWords } from '../numbers/index.js';
import type { ReportData } from '../report-data.js';
import { cards } from './cards.js';

export function answerSection(data: ReportData): Fragment {
  const { answer, details } = headline(data);
  return html`<section id="answer" aria-labelledby="answer-title">
<h1 id="answer-title">${answer}${details === null ? null : html`<span class="vh">:</span>`}</h1>
${details === null ? null : html`<p class="lead">${details}</p>`}
<p class="context">${context(data)}</p>
${cards(data)}
</section>`;
}

function context({ drift: { baseline, windows }, alpha, adjust }: ReportData): Content {
  const worth = worthWords(baseline.rows, baseline.effective_rows, baseline.effective_by);
  const rows = `${plural(baseline.rows, 'baseline row')}${worth === null ? '' : `, ${worth},`}`;
  const against = `Compared with ${rows} in ${plural(baseline.clusters, 'cluster')}.`;
  return `${against} ${alpha === null ? NOT_CALIBRATED : falseAlarms(windows.length, alpha, adjust)}`;
}

const NOT_CALIBRATED = 'Nothing was calibrated, so there are distances but no verdicts.';

/** How many false alarms to expect. */
function falseAlarms(windows: number, alpha: number, adjust: ReportData['adjust']): string {
  const share = formatPercent(alpha, 0);
  if (adjust !== null) return `At most ${share} of verdicts of drift are expected to be false alarms.`;
  const expected = Number((windows * alpha).toPrecision(2)).toLocaleString('en-US');
  // The first sentence says it of many windows.
  const among =
    windows > 1 && windows < MANY_WINDOWS
      ? `; if none of these ${formatCount(windows)} had drifted, ${expected} would be`
      : '';
  return `By chance, ${share} of windows without drift are called drift${among}.`;
}
