/** Reads a pickle without Python and without calling anything, as far as torch checkpoints need it. */
import { PickleInput } from './pickle-input.js';
import { PickleMachine, type Unpickled } from './pickle-machine.js';
import { PythonDict, type PythonValue } from './python-values.js';

/** ResNet-152 takes 20,000; a training checkpoint with optimiser state and a log of every step, a few million. */
const MAX_OPCODES = 10_000_000;

const STOP = 0x2e;

/**
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

/** Pickle protocols 0 to 5, by CPython's `pickletools.py`, without extensions and out-of-band buffers. */
type Run = (machine: PickleMachine, input: PickleInput) => void;

/** Opcodes by their byte. Names and arguments are as in `pickletools.py`. */
const OPCODES: readonly (Run | undefined)[] = table({
  // PROTO and FRAME are ignored: only their arguments are read.
  128: (_m, input) => void input.uint8(),
  149: (_m, input) => void input.uint64(),

  // Stack and memo: MARK, POP, POP_MARK, DUP, PUT, BINPUT, LONG_BINPUT, MEMOIZE, GET, BINGET, LONG_BINGET.
  '(': (m) => m.mark(),
  '0': (m) => m.discard(),
  '1': (m) => void m.popToMark(),
  '2': (m) => m.push(m.top()),
  p: (m, input) => m.remember(Number(input.decimal())),
  q: (m, input) => m.remember(input.uint8()),
  r: (m, input) => m.remember(input.uint32()),
  148: (m) => m.memoize(),
  g: (m, input) => m.recall(Number(input.decimal())),
  h: (m, input) => m.recall(input.uint8()),
  j: (m, input) => m.recall(input.uint32()),

  // Constants and numbers: NONE, NEWTRUE, NEWFALSE, INT, LONG, BININT, BININT1, BININT2, LONG1, LONG4, FLOAT, BINFLOAT.
  N: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  I: (m, input) => m.push(input.decimal()),
  L: (m, input) => m.push(input.decimal()),
  J: (m, input) => m.push(input.int32()),
  K: (m, input) => m.push(input.uint8()),
  M: (m, input) => m.push(input.uint16()),
  138: (m, input) => m.push(input.integer(input.uint8())),
  139: (m, input) => m.push(input.integer(input.uint32())),
  F: (m, input) => m.push(Number(input.line())),
  G: (m, input) => m.push(input.float64()),

  // STRING, BINSTRING, SHORT_BINSTRING, (SHORT_)(BIN)UNICODE(8), (SHORT_)BINBYTES(8), BYTEARRAY8
  S: (m, input) => m.push(input.line().replace(/^(['"])(.*)\1$/s, '$2')),
  T: (m, input) => m.push(input.text(input.uint32(), 'latin1')),
  U: (m, input) => m.push(input.text(input.uint8(), 'latin1')),
  V: (m, input) => m.push(input.line()),
  X: (m, input) => m.push(input.text(input.uint32(), 'utf-8')),
  140: (m, input) => m.push(input.text(input.uint8(), 'utf-8')),
  141: (m, input) => m.push(input.text(input.uint64(), 'utf-8')),
  B: (m, input) => m.push(input.raw(input.uint32())),
  C: (m, input) => m.push(input.raw(input.uint8())),
  142: (m, input) => m.push(input.raw(input.uint64())),
  150: (m, input) => m.push(input.raw(input.uint64())),

  // EMPTY_LIST, LIST, APPEND(S), EMPTY_TUPLE, TUPLE, TUPLE1 to 3, EMPTY_SET, ADDITEMS, FROZENSET
  ']': (m) => m.push([]),
  l: (m) => m.push(m.popToMark()),
  a: (m) => {
    const item = m.pop();
    m.append(m.top(), [item]);
  },
  e: appendItems,
  ')': (m) => m.push([]),
  t: (m) => m.push(m.popToMark()),
  133: (m) => m.push([m.pop()]),
  134: (m) => m.push(popMany(m, 2)),
  135: (m) => m.push(popMany(m, 3)),
  143: (m) => m.push([]),
  144: appendItems,
  145: (m) => m.push(m.popToMark()),

  // Dicts: EMPTY_DICT, DICT, SETITEM, SETITEMS.
  '}': (m) => m.push(new PythonDict()),
  d: (m) => m.push(m.dict(m.popToMark())),
  s: (m) => {
    const keyAndValue = popMany(m, 2);
    m.setItems(m.top(), keyAndValue);
  },
  u: (m) => {
    const keysAndValues = m.popToMark();
    m.setItems(m.top(), keysAndValues);
  },

  // Names and objects: GLOBAL, STACK_GLOBAL, REDUCE, NEWOBJ, NEWOBJ_EX, INST, OBJ, BUILD, PERSID, BINPERSID.
  c: (m, input) => m.push(m.name(input.line(), input.line())),
  147: (m) => {
    const [module, member] = popMany(m, 2);
    m.push(m.name(module!, member!));
  },
  R: (m) => {
    const [callable, args] = popMany(m, 2);
    m.push(m.call(callable!, args!));
  },
  129: (m) => {
    const [cls, args] = popMany(m, 2);
    m.push(m.instantiate(cls!, args!));
  },
  146: (m) => {
    const [cls, args] = popMany(m, 3);
    m.push(m.instantiate(cls!, args!));
  },
  i: (m, input) => {
    const cls = m.name(input.line(), input.line());
    m.push(m.instantiate(cls, m.popToMark()));
  },
  o: (m) => {
    const [cls = null, ...args] = m.popToMark();
    m.push(m.instantiate(cls, args));
  },
  b: (m) => {
    const state = m.pop();
    m.build(state, m.top());
  },
  P: (m, input) => m.push(m.persistent(input.line())),
  Q: (m) => m.push(m.persistent(m.pop())),
});

function appendItems(machine: PickleMachine): void {
  const items = machine.popToMark();
  machine.append(machine.top(), items);
}

/** Removes the topmost `count` values and returns them, the deepest first. */
function popMany(machine: PickleMachine, count: number): PythonValue[] {
  return Array.from({ length: count }, () => machine.pop()).reverse();
}

/** A key is an opcode byte: a character, or a number from 0x80 on. */
function table(byOpcode: Record<string | number, Run>): (Run | undefined)[] {
  const runs = new Array<Run | undefined>(256).fill(undefined);
  for (const [key, run] of Object.entries(byOpcode)) {
    const code = key.length > 1 ? Number(key) : key.charCodeAt(0);
    runs[code] = run;
  }
  return runs;
}
