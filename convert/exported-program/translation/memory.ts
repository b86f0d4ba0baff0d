/** Operations that write into their input (`relu_`): all that read that memory later get the new value's name. */
import { NotSupported } from '../../onnx/importing/value.js';
import type { ProgramNode } from '../file/schema.js';
import type { Call } from './call.js';
import { outputNames } from './call.js';
import { VIEWS } from './moving.js';

interface View {
  /** The value whose memory it shares. */
  of: string;
  /** Puts a changed view back into that value; null if this is not known. */
  putBack: ((call: Call, whole: string, part: string) => string) | null;
}

export class Memory {
  /** Value of the program → value of ONNX that has it now. */
  readonly #current = new Map<string, string>();
  readonly #views = new Map<string, View>();
  /** Values that share the memory of another one, by that one. */
  readonly #sharing = new Map<string, string[]>();
  /** Position of the last node that reads a value. */
  readonly #lastRead = new Map<string, number>();

  constructor(nodes: readonly ProgramNode[], outputs: readonly string[]) {
    nodes.forEach(({ inputs }, position) => {
      for (const { arg } of inputs) for (const name of namesIn(arg)) this.#lastRead.set(name, position);
    });
    for (const name of outputs) this.#lastRead.set(name, Number.POSITIVE_INFINITY);
  }

  current(value: string): string {
    return this.#current.get(value) ?? value;
  }

  rename(value: string, now: string): void {
    this.#current.set(value, now);
  }

  /** Remembers what an operation of this name shares with its input. */
  note(call: Call, operation: string): void {
    if (!VIEWS.has(operation)) return;
    const of = call.valueName('self') ?? call.valueName('input');
    if (of === null) return;
    for (const output of call.outputs) this.#share(output, { of, putBack: backOf(call, operation) });
  }

  #share(value: string, view: View): void {
    this.#views.set(value, view);
    this.#sharing.set(view.of, [...(this.#sharing.get(view.of) ?? []), value]);
  }

  /**
   * The first output of a call is what its first argument is now.
   * @throws NotSupported if a value that shares the memory is read later, and it is not known how it changes
   */
  write(call: Call, position: number, node: ProgramNode): void {
    const [written = ''] = namesIn(node.inputs[0]?.arg ?? {});
    const [made = ''] = outputNames(node);
    this.#change(call, written, this.current(made), position, null);
    this.#share(made, { of: written, putBack: (_, __, part) => part });
  }

  /** After a write that is not supported, all that share the memory are the unknown value. */
  spoil(node: ProgramNode, unknown: string): void {
    let [root = ''] = namesIn(node.inputs[0]?.arg ?? {});
    for (let view = this.#views.get(root); view !== undefined; view = this.#views.get(root)) root = view.of;
    const waiting = [root];
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      this.#current.set(value, unknown);
      waiting.push(...(this.#sharing.get(value) ?? []));
    }
  }

  /** @param from the view that brought the change, which has it already */
  #change(call: Call, value: string, now: string, position: number, from: string | null): void {
    this.#current.set(value, now);
    for (const sharing of this.#sharing.get(value) ?? []) {
      if (sharing !== from) this.#refuseIfRead(sharing, position);
    }
    const view = this.#views.get(value);
    if (view === undefined) return;
    if (view.putBack !== null && this.#isRead(view.of, position)) {
      const whole = view.putBack(call, this.current(view.of), now);
      this.#change(call, view.of, whole, position, value);
    } else {
      this.#refuseIfRead(view.of, position, value);
    }
  }

  /** Whether a value, or one whose memory it shares, is read after a position. */
  #isRead(value: string, position: number): boolean {
    if ((this.#lastRead.get(value) ?? -1) > position) return true;
    const view = this.#views.get(value);
    return view !== undefined && this.#isRead(view.of, position);
  }

  #refuseIfRead(value: string, position: number, from: string | null = null): void {
    if ((this.#lastRead.get(value) ?? -1) > position) {
      throw new NotSupported(`it changes ${value.slice(0, 100)}, which shares its memory and is read later`);
    }
    for (const sharing of this.#sharing.get(value) ?? []) {
      if (sharing !== from) this.#refuseIfRead(sharing, position);
    }
  }
}

/** How a part that was taken goes back: between what lies before and behind it. */
function backOf(call: Call, operation: string): View['putBack'] {
  if (operation === 'alias' || operation === 'detach' || operation === 'dropout') return (_, __, part) => part;
  if (operation !== 'slice' || call.number('step', 1) !== 1) return null;
  const axis = call.axis('dim', 'self', 0);
  const size = call.dims('self')[axis];
  const [start, end] = [bound(call, 'start', 0), bound(call, 'end', Number.MAX_SAFE_INTEGER)];
  if (size == null || start === null || end === null) return null;
  const from = Math.min(start < 0 ? Math.max(0, start + size) : start, size);
  const to = Math.min(end < 0 ? Math.max(0, end + size) : end, size);
  return (writer, whole, part) => {
    const piece = (first: number, last: number) =>
      writer.node('Slice', [whole, writer.integers([first]), writer.integers([last]), writer.integers([axis])]);
    const pieces = [
      ...(from > 0 ? [piece(0, from)] : []),
      ...(to > from ? [part] : []),
      ...(to < size ? [piece(Math.max(from, to), size)] : []),
    ];
    return pieces.length === 1 ? pieces[0]! : writer.node('Concat', pieces, { axis });
  };
}

/** Null for a bound that depends on the image. */
function bound(call: Call, name: string, otherwise: number): number | null {
  if (call.isLeftOut(name)) return otherwise;
  try {
    return call.number(name);
  } catch (error) {
    if (error instanceof NotSupported) return null;
    throw error;
  }
}

/** Real arguments lie three deep; a damaged file may nest them without end. */
const MAX_DEPTH = 8;

/** The values that an argument names, wherever they stand in it. */
function namesIn(argument: unknown, depth = 0): string[] {
  if (typeof argument !== 'object' || argument === null || depth > MAX_DEPTH) return [];
  return Object.entries(argument).flatMap(([key, value]) =>
    (key === 'name' || key === 'as_name') && typeof value === 'string' ? [value] : namesIn(value, depth + 1),
  );
}
