/** A card for each window, harm first: accuracy, how bad it is, one next step and why. Of many windows, the worst. */
import { formatCount, formatP, formatPercent, formatSpan, formatValue, plural } from '../format.js';
import { HARM_WORDS, type ShownAccuracy, shownAccuracy } from '../harm.js';
import { headline } from '../headline.js';
import { type Content, type Fragment, html } from '../html.js';
import { decidingP, MANY_WINDOWS, whyNoAccuracy, worthWords } from '../numbers/index.js';
import { type RankedWindow, rankedWindows } from '../ranked-windows.js';
import type { ReportData } from '../report-data.js';
import { verdictBadge } from './parts.js';

/** The first thing a person sees: the answer in one sentence, then a card for each window. */
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

function falseAlarms(windows: number, alpha: number, adjust: ReportData['adjust']): string {
  const share = formatPercent(alpha, 0);
  if (adjust !== null) return `At most ${share} of verdicts of drift are expected to be false alarms.`;
  const expected = Number((windows * alpha).toPrecision(2)).toLocaleString('en-US');
  // The first sentence says it of many windows.
  const among =
    windows > 1 && windows < MANY_WINDOWS
      ? `; if none of these ${formatCount(windows)} had drifted, ${expected} windows would be`
      : '';
  return `By chance, ${share} of windows without drift are called drift${among}.`;
}

/** More cards would push the table of all windows off the second screen. */
const MOST_CARDS = 6;

function cards(data: ReportData): Fragment | null {
  const all = rankedWindows(data);
  if (all.length === 0) return null;
  const shown = all.length <= MOST_CARDS ? all : worstOf(all);
  const left = all.length - shown.length;
  return html`<ol class="cards">${shown.map((card) => cardItem(card, data))}</ol>
${left > 0 ? html`<p class="note">${moreWords(shown, all)}</p>` : null}`;
}

/** Those that ask for something; the latest window if none does. */
function worstOf(all: readonly RankedWindow[]): RankedWindow[] {
  const urgent = all.filter(({ next }) => next.isUrgent);
  return urgent.length === 0 ? all.filter(({ index }) => index === all.length - 1) : urgent.slice(0, MOST_CARDS);
}

function moreWords(shown: readonly RankedWindow[], all: readonly RankedWindow[]): string {
  const urgent = all.filter(({ next }) => next.isUrgent).length;
  if (urgent === 0) return `The latest of ${plural(all.length, 'window')}. None of them asks for anything.`;
  if (urgent > shown.length)
    return `The worst ${shown.length} of ${plural(urgent, 'window')} that ask for something. All ${all.length} are in the table.`;
  return `The other ${plural(all.length - urgent, 'window')} ${all.length - urgent === 1 ? 'asks' : 'ask'} for nothing. All ${all.length} are in the table.`;
}

function cardItem(card: RankedWindow, data: ReportData): Fragment {
  const { window, index, harm, next } = card;
  const span = formatSpan(window.from, window.to);
  return html`<li class="card card-${harm}"><article aria-labelledby="card-${index}">
<div class="card-head"><h2 id="card-${index}"><a href="#closer-look" data-window="${index}" title="${window.name}">${window.name}</a></h2>${verdictBadge(window.verdict)}</div>
<p class="card-rows">${plural(window.rows, 'image')}${span === null ? null : html`<span class="when"> · ${span}</span>`}</p>
${accuracyLine(shownAccuracy(card), window)}
<p class="card-step"><span class="harm harm-${harm}">${HARM_WORDS[harm]}</span> <strong>${next.step}</strong></p>
<p class="card-reason">${next.reason}</p>
${methodLine(card, data)}
</article></li>`;
}

function accuracyLine(accuracy: ShownAccuracy | null, window: RankedWindow['window']): Fragment {
  if (accuracy === null) {
    return html`<p class="card-accuracy"><b class="unknown">Accuracy not known</b> <small>${whyNoAccuracy(window)}</small></p>`;
  }
  const { now, change, source } = accuracy;
  return html`<p class="card-accuracy"><b><span class="vh">Accuracy: </span>${now}</b>${change === null ? null : html` <span class="change">${change}</span>`} <small><span class="accuracy-word">accuracy; </span>${source}</small></p>`;
}

/** The method that alarmed, with the numbers of the verdict. */
function methodLine({ window }: RankedWindow, { methods }: ReportData): Fragment | null {
  const method = methods.find(({ name }) => name === window.alarmed_by);
  const report = method && window.methods[method.name];
  if (!report) return null;
  const p = decidingP(report);
  const by = methods.length > 1 ? 'Alarm by ' : '';
  return html`<p class="card-method">${by}${method.title} ${formatValue(report.value)}${p === null ? null : `, ${formatP(p)}`}${
    report.band === null ? null : `, without drift at most ${formatValue(report.band[1])}`
  }</p>`;
}
