/**
 * Reads a pickle without Python and without calling anything. It supports only what torch checkpoints need, and rejects
 * all other pickles.
 */
import { PickleInput } from './pickle-input.js';
import { PickleMachine, type Unpickled } from './pickle-machine.js';
import { OPCODES } from './pickle-opcodes.js';

/** ResNet-152 takes 20,000; a training checkpoint with optimiser state and a log of every step, a few million. */
const MAX_OPCODES = 10_000_000;

const STOP = 0x2e;

/**
 * @param label file and member, for messages
 * @param position offset of the pickle; legacy checkpoints have several in a row
 * @throws ConvertError `PICKLE_…`
 */
export function unpickle(bytes: Uint8Array, label: string, position = 0): Unpickled {
  const input: PickleInput = new PickleInput(label, bytes, position);
  const machine = new PickleMachine(input);
  for (let count = 0; count < MAX_OPCODES; count++) {
    const opcode = input.uint8();
    if (opcode === STOP) return machine.finish();
    const run = OPCODES[opcode];
    if (run === undefined) input.fail('PICKLE_INVALID', `0x${opcode.toString(16)} is not an opcode that torch writes`);
    run(machine, input);
  }
  return input.fail('PICKLE_LIMIT', `more opcodes than the ${MAX_OPCODES.toLocaleString('en')} that are read`);
}
