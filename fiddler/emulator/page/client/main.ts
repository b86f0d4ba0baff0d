import type { PageJob, PageModel, PageState } from '../page-data.js';
import { ask, h, keepToken, Refused, scrollTable, takeToken } from './dom.js';
import { DriftPanel } from './drift-panel.js';
import './page.css';

/** Time between polls while a job runs, and while no job runs. */
const BUSY_MS = 500;
const IDLE_MS = 2_000;

const main = document.querySelector('main') as HTMLElement;
const lists = h('div', { class: 'lists' });
const status = h('p', { class: 'note', role: 'status', hidden: true });
const drift = new DriftPanel();
let shown = '';
let timer: ReturnType<typeof setTimeout> | undefined;

async function refresh(): Promise<void> {
  clearTimeout(timer);
  let wait = IDLE_MS;
  try {
    const state = await ask<PageState>('/emulator/state');
    show(state);
    if (state.jobs.some((job) => job.status === 'PENDING' || job.status === 'STARTED')) wait = BUSY_MS;
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return askForToken('This token is not the emulator’s.');
    say(error instanceof Refused ? error.message : 'The emulator does not answer; it may have ended.');
  }
  timer = setTimeout(() => void refresh(), wait);
}

function show(state: PageState): void {
  status.hidden = true;
  if (!main.contains(lists)) main.replaceChildren(status, drift.element, lists);
  const key = JSON.stringify(state);
  if (key === shown) return;
  shown = key;
  lists.replaceChildren(modelList(state), jobList(state));
  drift.show(state.models);
}

function say(text: string): void {
  status.textContent = text;
  status.hidden = false;
  if (!main.contains(status)) main.replaceChildren(status);
}

function askForToken(why: string): void {
  const input = h('input', { type: 'password', autocomplete: 'off', required: true });
  const form = h('form', { class: 'token' }, h('label', {}, h('span', {}, 'Token'), input), h('button', {}, 'Show'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    keepToken(input.value);
    void refresh();
  });
  shown = '';
  const how = 'Open the address that image-drift emulator printed, which ends in #token=…, or give the token here.';
  main.replaceChildren(h('section', {}, h('h2', {}, 'Token'), h('p', {}, `${why} ${how}`), form));
}

if (takeToken() === null) askForToken('What is stored here is shown to those who know the token.');
else void refresh();

function modelList({ projects, models }: PageState): HTMLElement {
  const empty = projects.filter((name) => !models.some(({ project }) => project === name));
  const none = () => h('p', { class: 'soft' }, 'a project without models');
  const cards = [
    ...models.map(modelCard),
    ...empty.map((name) => h('li', { class: 'card' }, h('h3', {}, name), none())),
  ];
  return h(
    'section',
    { 'aria-labelledby': 'models-heading' },
    h('h2', { id: 'models-heading' }, 'Projects and models'),
    cards.length === 0 ? h('p', { class: 'note' }, 'Nothing yet.') : h('ul', { class: 'cards' }, ...cards),
  );
}

function modelCard({ project, name, version, events, datasets, baselines, features }: PageModel): HTMLElement {
  const facts: [string, string][] = [
    ['Production', count(events, 'event')],
    ['Datasets', datasets.map((of) => `${of.name} (${count(of.rows, 'row')})`).join(', ') || 'none'],
    ['Baselines', baselines.map((of) => of.name).join(', ') || 'none'],
    ['Clustered', features.join(', ') || 'nothing'],
  ];
  return h(
    'li',
    { class: 'card' },
    h('h3', {}, h('span', { class: 'soft' }, `${project} / `), `${name} ${version}`),
    h('dl', {}, ...facts.flatMap(([term, text]) => [h('dt', {}, term), h('dd', {}, text)])),
  );
}

function count(rows: number, what: string): string {
  return `${rows.toLocaleString('en')} ${what}${rows === 1 ? '' : 's'}`;
}

function jobList({ jobs, jobCount }: PageState): HTMLElement {
  const count = h('span', { class: 'soft' }, ` ${jobCount.toLocaleString('en')}`);
  const heads = ['Job', ...COLUMNS].map((text) => ({ text, isNumber: text === 'Rows' }));
  const list =
    jobs.length === 0
      ? h('p', { class: 'note' }, 'None yet.')
      : scrollTable({ class: 'scroll stacked', label: 'Table of jobs' }, heads, jobs.map(jobRow));
  return h('section', { 'aria-labelledby': 'jobs-heading' }, h('h2', { id: 'jobs-heading' }, 'Jobs', count), list);
}

/** Beside the job itself. On a phone each stands before its value. */
const COLUMNS = ['State', 'Rows', 'Where', 'Model'] as const;

function jobRow({ name, model, environment, status, progress, error, rows, created }: PageJob): HTMLElement {
  const state = status === 'STARTED' ? `${status} ${Math.round(progress)} %` : status;
  const cell = (column: (typeof COLUMNS)[number], ...content: (Node | string | null)[]) =>
    h('td', { 'data-column': column, class: column === 'Rows' && 'number' }, ...content);
  const when = h('span', { class: 'when soft' }, ` ${new Date(created).toISOString().slice(11, 19)}`);
  const shown = h('span', { class: `state state-${status.toLowerCase()}` }, state);
  return h(
    'tr',
    {},
    h('th', { scope: 'row' }, name, when),
    cell('State', shown, error && h('p', { class: 'error' }, error)),
    cell('Rows', rows === null ? '–' : rows.toLocaleString('en')),
    cell('Where', environment || '–'),
    cell('Model', model),
  );
}
