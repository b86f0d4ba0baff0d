/** Names of what is written: a layer gives its name to its last value, and what is not supported is written as such. */
import type { TfValue } from './value.js';
import type { Call, GraphWriter } from './writer.js';

/**
 * Whatever has four dimensions is a map from then on, so that taps have their channels first.
 *
 * @param since the first node that was written for the layer
 */
export function nameValue(call: Call, made: TfValue, name: string, since: number): TfValue {
  const isTurned = made.rank === 4 && !made.isMap && !made.isConstant;
  const value = isTurned ? { ...made, name: call.map(made), isMap: true } : made;
  if (call.writer.rename(value.name, name, since)) return { ...value, name };
  const passed = call.node('Identity', [value.name]);
  call.writer.rename(passed, name, since);
  return { ...value, name };
}

/** A node that the import cannot know, so that it lists it. @param reason null: the operation is not known */
export function refuse(writer: GraphWriter, name: string, operation: string, reason: string | null): void {
  writer.push({
    name,
    op: operation,
    domain: 'tf',
    inputs: [],
    outputs: [name],
    attributes: new Map(),
    module: null,
    writtenAs: operation,
    refusal: reason,
  });
}
