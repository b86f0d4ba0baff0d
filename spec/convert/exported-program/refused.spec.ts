import { CodedError, Random } from '../../../base/index.js';
import { convertCheckpoint } from '../../../convert/index.js';
import {
  type EditableProgram,
  editedProgram,
  type Members,
  membersOf,
  mutateJson,
  PROGRAM,
  writeMembers,
} from '../../support/exported-program.js';
import { networkOf } from '../../support/onnx-file.js';
import { amount, assert, refusal, temporaryFolder, test } from '../../support/test.js';

const SMALL = 'decomposed.batch.pt2';
type Edit = (program: EditableProgram, members: Members) => unknown;

const convert = (path: string) => convertCheckpoint(path, `${temporaryFolder()}/weights`);
const refuse = (code: string, edit: Edit) => refusal(code, () => convert(editedProgram(SMALL, edit)));

test('the file that the others are made from is converted', async () => {
  const { config, format } = await convert(editedProgram(SMALL, () => {}));
  assert.equal([format, config.backbone, config.classes.length], ['exported-program', 'exported-program', 5]);
});

test('another schema is refused by its version, and the way by ONNX is named', async () => {
  const error = await refuse('EXPORTED_VERSION', (program) => {
    program.schema_version = { major: 9, minor: 3 };
  });
  assert.match(error.message, 'schema version 9.3');
  assert.match(error.hint ?? '', 'torch.onnx.export');
  const old = new Map([['serialized_exported_program.json', Buffer.from('{}')]]);
  const { hint } = await refusal('EXPORTED_VERSION', () => convert(writeMembers(old, 0, '')), 'torch before 2.8');
  assert.match(hint ?? '', 'torch.onnx.export');
});

test('a later minor version is read', async () => {
  await convert(
    editedProgram(SMALL, (program) => {
      program.schema_version = { major: 8, minor: 99 };
      Object.assign(program.graph_module.graph, { field_of_the_future: { as_thing: 1 } });
    }),
  );
});

test('all that is not supported is listed at once, each with its number and the first node', async () => {
  const { message } = await refuse('EXPORTED_NOT_SUPPORTED', ({ graph_module: { graph } }) => {
    const [erf, sqrt] = ['erf', 'sqrt'].map((name) => graph.nodes.find(({ target }) => target.includes(`.${name}.`))!);
    erf!.target = 'torch.ops.aten.digamma.default';
    sqrt!.target = 'torch.ops.mylib.thing.default';
    for (const node of graph.nodes) {
      if (node.target.includes('.clamp.')) node.target = 'torch.ops.aten.digamma.default';
      if (node.target.includes('.mean.')) node.inputs = node.inputs.filter(({ name }) => name !== 'dim');
    }
  });
  for (const part of [
    'aten.digamma (2 ×, first erf)',
    'mylib.thing (1 ×, first sqrt)',
    'aten.mean (3 ×, first mean): it reduces all axes',
  ]) {
    assert.match(message, part);
  }
});

function swap<T>(inputs: T[]): void {
  inputs.splice(0, 2, inputs[1]!, inputs[0]!);
}

test('a graph that has other inputs or outputs than its signature is refused with both names', async () => {
  const mean = { as_tensor: { name: 'mean' } };
  const none = { user_output: { arg: { as_none: true } } };
  const cases: [message: string, Edit][] = [
    [
      'output 0 is "mean" in its graph, "linear_1" in its signature',
      ({ graph_module: { graph } }) => graph.outputs.splice(0, 1, mean),
    ],
    [
      'input 0 is "p_shift" in its graph, "p_gain" in its signature',
      ({ graph_module: { graph } }) => swap(graph.inputs),
    ],
    [
      'output 1 is "mean" in its graph, not there in its signature',
      ({ graph_module: { graph } }) => graph.outputs.push(mean),
    ],
    [
      'output 0 is "linear_1" in its graph, not a tensor in its signature',
      ({ graph_module: { signature } }) => signature.output_specs.splice(0, 1, none),
    ],
  ];
  for (const [message, edit] of cases) assert.match((await refuse('EXPORTED_INVALID', edit)).message, message);
});

test('a tap before what is not supported does without it', async () => {
  const path = editedProgram(SMALL, ({ graph_module: { graph } }) => {
    graph.nodes.at(-1)!.target = 'torch.ops.aten.digamma.default';
  });
  await refusal('EXPORTED_NOT_SUPPORTED', () => convert(path));
  assert.is((await networkOf(path, { tap: 'mix' })).tap, 'mix');
});

test('a write into memory that is read under another name later is refused, not ignored', async () => {
  const { message } = await refuse('EXPORTED_NOT_SUPPORTED', ({ graph_module: { graph } }) => {
    const sqrt = graph.nodes.find(({ target }) => target.includes('.sqrt.'))!;
    const name = (sqrt.outputs[0]!['as_tensor'] as { name: string }).name;
    const at = graph.nodes.indexOf(sqrt) + 1;
    const node = (
      target: string,
      input: string,
      output: string,
    ): EditableProgram['graph_module']['graph']['nodes'][number] => ({
      target,
      inputs: [{ name: 'self', arg: { as_tensor: { name: input } }, kind: 1 }],
      outputs: [{ as_tensor: { name: output } }],
      metadata: {},
    });
    graph.tensor_values['turned'] = graph.tensor_values[name]!;
    const turned = node('torch.ops.aten.transpose.int', name, 'turned');
    for (const dim of ['dim0', 'dim1']) turned.inputs.push({ name: dim, arg: { as_int: 1 }, kind: 1 });
    graph.nodes.splice(at, 0, turned, node('torch.ops.aten.relu_.default', 'turned', 'written'));
  });
  assert.match(message, 'aten.relu_ (1 ×, first written): it changes sqrt, which shares its memory and is read later');
});

test('tensors that lie about themselves are refused by name', async () => {
  const edit = (change: (tensor: Record<string, unknown>) => void): Edit => {
    return (_, members) => {
      const path = 'data/weights/model_weights_config.json';
      const { config } = JSON.parse(Buffer.from(members.get(path)!).toString());
      change(config['conv.weight']);
      members.set(path, Buffer.from(JSON.stringify({ config })));
    };
  };
  const meta = (fields: object) => edit((tensor) => Object.assign(tensor['tensor_meta'] as object, fields));
  const cases: [string, Edit][] = [
    ['EXPORTED_TENSOR', meta({ sizes: [12, 3, 4, 400].map((as_int) => ({ as_int })) })],
    ['EXPORTED_TENSOR', meta({ sizes: [2 ** 20, 2 ** 20, 4, 4].map((as_int) => ({ as_int })) })],
    ['EXPORTED_TENSOR', meta({ sizes: [{ as_int: -1 }, { as_int: 3 }, { as_int: 4 }, { as_int: 4 }] })],
    ['EXPORTED_TENSOR', meta({ strides: [{ as_int: 1 }] })],
    ['EXPORTED_TENSOR', meta({ storage_offset: { as_int: 1 } })],
    ['EXPORTED_TENSOR', meta({ dtype: 11 })],
    ['EXPORTED_TENSOR', edit((tensor) => Object.assign(tensor, { use_pickle: true }))],
    ['EXPORTED_INVALID', edit((tensor) => Object.assign(tensor, { path_name: '../../weight_0' }))],
  ];
  for (const [code, change] of cases) assert.match((await refuse(code, change)).message, /conv\.weight|weight_0/);
});

test('members that are missing, packed or no JSON are refused', async () => {
  await refuse('EXPORTED_INVALID', (_, members) => members.delete(PROGRAM));
  await refuse('EXPORTED_INVALID', (_, members) => members.delete('data/weights/weight_0'));
  await refuse('EXPORTED_INVALID', (_, members) => members.set('byteorder', Buffer.from('big')));
  await refuse('EXPORTED_INVALID', (_, members) => members.set('archive_format', Buffer.from('pt3')));
  await refusal('EXPORTED_INVALID', () => convert(writeMembers(membersOf(SMALL), 6)));
  const deep = membersOf(SMALL).set(PROGRAM, Buffer.from('['.repeat(5_000_000)));
  await refusal('EXPORTED_INVALID', () => convert(writeMembers(deep)));
});

test('arguments that nest without end, circles, and values of nowhere are refused', async () => {
  await refuse('EXPORTED_INVALID', ({ graph_module: { graph } }) => {
    graph.nodes[0]!.inputs[0]!.arg = { as_tensor: { name: 'nowhere' } };
  });
  await refuse('EXPORTED_CYCLE', ({ graph_module: { graph } }) => {
    graph.nodes[3]!.inputs[0]!.arg = { as_tensor: { name: 'erf' } };
  });
  const path = editedProgram(SMALL, (_, members) => {
    const text = Buffer.from(members.get(PROGRAM)!).toString();
    const nested = `{"as_ints":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    members.delete(PROGRAM);
    members.set('models/deep.json', Buffer.from(text.replace('{"as_int":2}', nested)));
  });
  await refusal('EXPORTED_NOT_SUPPORTED', () => convert(path)).catch(() =>
    refusal('EXPORTED_INVALID', () => convert(path)),
  );
});

test('options of state dicts are refused', async () => {
  const path = editedProgram(SMALL, () => {});
  const { message } = await refusal('EXPORTED_OPTION', () => convertCheckpoint(path, 'w', { backbone: 'resnet18' }));
  assert.match(message, 'an exported program has its network');
});

for (const file of [SMALL, 'variety.batch.pt2']) {
  test(`mutants of the JSON of ${file} are coded or a network`, async () => {
    const tally = new Map<string, number>();
    for (let seed = 1; seed <= amount(400, 40); seed++) {
      let told = '';
      const path = editedProgram(file, (program) => {
        told = mutateJson(program, new Random(seed));
      });
      const start = performance.now();
      const outcome = await networkOf(path).then(
        () => 'network',
        (error: unknown) => {
          if (error instanceof CodedError) return error.code;
          throw new Error(`seed ${seed}: ${told}`, { cause: error });
        },
      );
      assert.ok(performance.now() - start < 20_000, `seed ${seed} takes long: ${told}`);
      tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
    }
    assert.ok(tally.size > 2, JSON.stringify([...tally]));
  });
}
