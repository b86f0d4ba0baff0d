/** What a person does in the page of `image-drift page`, by its steps. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { narrowBody, pseudoWeights } from '../support/pseudo-weights.js';
import { writeTorchCheckpoint } from '../support/torch-checkpoint.js';
import { textOf } from './opened-report.js';

const MINUTES = 240_000;

export type Step = 'model' | 'baseline' | 'windows' | 'verdict';

/** What a step says when it has ended: its failure, or its status. */
export async function ended(tab: Page, step: Step): Promise<string> {
  const said = `#${step}[aria-busy=false] > :is(.failure:not([hidden]), .status:not(:empty))`;
  await tab.waitForSelector(said, { state: 'attached', timeout: MINUTES });
  const failure = tab.locator(`#${step} .failure`);
  return (await failure.isVisible()) ? textOf(failure) : textOf(tab.locator(`#${step} .status`));
}

export async function give(tab: Page, step: Step, files: string | string[], isFolder = false): Promise<string> {
  const input = tab.locator(
    `#${step} input[type=file]${isFolder ? '[webkitdirectory]' : ':not([webkitdirectory]):not(#field-check)'}`,
  );
  await input.setInputFiles(files);
  return ended(tab, step);
}

export async function press(tab: Page, step: Step, name: string): Promise<string> {
  await tab.getByRole('button', { name, exact: true }).click();
  return ended(tab, step);
}

/** A small model, and its path. */
export function writeNarrowCheckpoint(folder: string): string {
  const path = join(folder, 'narrow.pth');
  const { tensors } = pseudoWeights({ backbone: 'resnet', body: narrowBody, head: [], classes: 2 });
  writeTorchCheckpoint(path, tensors);
  return path;
}
