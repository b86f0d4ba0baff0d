/** One name for each output of a network. */
import { quoted } from '../base/index.js';
import { ConvertError } from './convert-error.js';

/** @throws ConvertError `CLASSES_MISMATCH` for another number of names, or one that is there twice */
export function chooseClasses(outputs: number, names: readonly string[] | undefined, label: string): string[] {
  if (names === undefined) return Array.from({ length: outputs }, (_, i) => `class_${i}`);
  if (names.length !== outputs) {
    throw new ConvertError(
      'CLASSES_MISMATCH',
      `${label}: ${names.length.toLocaleString('en')} class names given, the network has ` +
        `${outputs.toLocaleString('en')} outputs`,
    );
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new ConvertError('CLASSES_MISMATCH', `the class name ${quoted(twice)} is there twice`);
  return [...names];
}
