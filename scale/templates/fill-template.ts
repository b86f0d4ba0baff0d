/** The scripts and manifests are text files beside this one, with names in double braces. Whoever likes another one writes it. */
import { fileURLToPath } from 'node:url';
import { readSmallFile } from '../../files/index.js';
import { ScaleError } from '../scale-error.js';

/** Longer ones are no script. */
const MAX_TEMPLATE_BYTES = 2 ** 20;
const NAME = /\{\{([a-z_]+)\}\}/g;

/** Compiled, this file lies in `dist/scale/templates/`, three folders below the package's root. */
export function templatePath(name: string): string {
  return fileURLToPath(new URL(`../../../scale/templates/${name}`, import.meta.url));
}

/** @throws ScaleError `TEMPLATE_NAME` for a name that nothing stands for; FileError */
export async function fillTemplate(path: string, values: Readonly<Record<string, string>>): Promise<string> {
  const text = (await readSmallFile(path, MAX_TEMPLATE_BYTES, 'a template')).toString('utf8');
  return text.replace(NAME, (whole, name: string) => {
    const value = values[name];
    if (value !== undefined) return value;
    throw new ScaleError(
      'TEMPLATE_NAME',
      `${path}: nothing stands for ${whole}; there are ${Object.keys(values).join(', ')}`,
    );
  });
}
