/** The page. It polls the state and shows it. */
import type { PageState } from '../page-data.js';
import { ask, keepToken, Refused, takeToken } from './api.js';
import { h } from './dom.js';
import { DriftPanel } from './drift-panel.js';
import { jobList, modelList } from './lists.js';
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
