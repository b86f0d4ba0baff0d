/** The page: a model, a baseline, windows, a verdict. Everything is computed by its worker; nothing is uploaded. */
import { Link } from './link.js';
import { ModelPanel } from './model-panel.js';
import './page.css';
import { BaselinePanel, WindowsPanel } from './set-panels.js';
import { VerdictPanel } from './verdict-panel.js';

const link = new Link();
const engine = document.querySelector<HTMLElement>('#engine')!;
const cores = navigator.hardwareConcurrency;
const alone = crossOriginIsolated
  ? ''
  : ' This host sends no COOP and COEP headers, so one core works: the numbers are the same, and it takes longer.';
const noEngine = `${cores} ${cores === 1 ? 'core' : 'cores'}; the engine starts with a model.${alone}`;
engine.textContent = noEngine;

const running = (words: string) => {
  engine.textContent = `Engine: ${words}, of ${cores} cores.${alone}`;
};

const forget = () => verdict.forget();
const model = new ModelPanel(link, (facts) => {
  forget();
  if (facts === null) engine.textContent = noEngine;
  else running(facts.engine);
});
const baseline = new BaselinePanel(link, forget);
const windows = new WindowsPanel(link, forget);
const verdict = new VerdictPanel(link, () => ({ slots: windows.slots, isUnconverted: model.isUnconverted }), running);

document.querySelector('main')!.replaceChildren(model.element, baseline.element, windows.element, verdict.element);
// What is dropped beside the places must not open instead of the page.
for (const type of ['dragover', 'drop']) document.addEventListener(type, (event) => event.preventDefault());
void model.start();
