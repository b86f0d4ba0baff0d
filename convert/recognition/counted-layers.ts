/** A `config.json` of transformers that counts other layers than the tensors have: the library would leave some out, or lack some. */
import type { Hints } from '../../graph/backbones/index.js';
import { ConvertError } from '../convert-error.js';

/** Fields of configurations, and what the same is called in bodies. */
const COUNTED = { num_hidden_layers: 'depth', depths: 'depths' } as const;

/** @throws ConvertError `HUB_FOLDER_INVALID` */
export function checkCountedLayers(body: object, { library, config }: Hints, label: string): void {
  if (library !== 'transformers') return;
  const inner = config?.['vision_config'];
  const said: Readonly<Record<string, unknown>> =
    typeof inner === 'object' && inner !== null ? { ...inner } : { ...config };
  const found: Readonly<Record<string, unknown>> = { ...body };
  for (const [field, name] of Object.entries(COUNTED)) {
    const [counted, there] = [told(said[field]), told(found[name])];
    if (counted === null || there === null || counted === there) continue;
    throw new ConvertError(
      'HUB_FOLDER_INVALID',
      `${label}: config.json says ${field} ${counted}, the tensors have ${there}`,
    );
  }
}

/** A number, or several; null for anything else. */
function told(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'number');
  return isList ? `[${value.join(', ')}]` : null;
}
