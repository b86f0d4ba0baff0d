"""Computes mutants of models as their own libraries do: `peer.py KIND`. It says a line when it can begin; then a question and an
answer are a line each.

A question has path, input (a file of float32), shape. An answer has the outputs by name, or why there are none.
"""
import importlib
import io
import json
import sys
import zipfile

import numpy as np


def run_onnx(path, x):
    import onnxruntime as ort
    options = ort.SessionOptions()
    options.log_severity_level = 4
    # Its passes take layers for others that are nearly the same, such as a square for a power of 2.0001.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(path, options, providers=['CPUExecutionProvider'])
    [given] = session.get_inputs()
    rows = [x[i:i + 1] for i in range(len(x))] if given.shape[:1] == [1] else [x]
    names = [value.name for value in session.get_outputs()]
    found = [session.run(names, {given.name: row}) for row in rows]
    return {name: np.concatenate([each[i] for each in found]) for i, name in enumerate(names)}


def run_program(path, x):
    import torch
    program = torch.export.load(completed(path, x)).module()
    with torch.no_grad():
        try:
            found = [program(torch.from_numpy(x))]
        except AssertionError:  # a program for one image
            found = [program(torch.from_numpy(x[i:i + 1])) for i in range(len(x))]
    found = [list(each) if isinstance(each, (list, tuple)) else [each] for each in found]
    return {str(i): np.concatenate([each[i].double().numpy() for each in found]) for i in range(len(found[0]))}


def completed(path, x):
    """The archive with what torch wants to have and the fixtures are without: an example, and how values are passed."""
    import torch
    from torch.utils import _pytree
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    [model] = [name for name in members if name.endswith('models/model.json')]
    program = json.loads(members[model])
    # What was true when the program was exported is not asked again: it speaks of names that the example has not.
    program['guards_code'] = []
    graph = program['graph_module']
    given = ((torch.from_numpy(x),), {})
    if not graph['module_call_graph']:
        outputs = tuple(each for each in graph['signature']['output_specs'] if 'user_output' in each)
        taken, returned = (_pytree.treespec_dumps(_pytree.tree_structure(each)) for each in (given, (0,) * len(outputs)))
        signature = {'inputs': [], 'outputs': [], 'in_spec': taken, 'out_spec': returned, 'forward_arg_names': None}
        graph['module_call_graph'] = [{'fqn': '', 'signature': signature}]
    members[model] = json.dumps(program).encode()
    example = io.BytesIO()
    torch.save(given, example)
    members[model.replace('models/model.json', 'data/sample_inputs/model.pt')] = example.getvalue()
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, 'w', zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    whole.seek(0)
    return whole


def run_hub(path, x):
    import torch
    import transformers
    with open(f'{path}/config.json') as file:
        config = json.load(file)
    if 'model_type' not in config:
        import timm
        from safetensors.torch import load_file
        args = config.get('model_args') or {}
        model = timm.create_model(config['architecture'], num_classes=config.get('num_classes', 1000), **args)
        model.load_state_dict(load_file(f'{path}/model.safetensors'))
        with torch.no_grad():
            model = model.eval()
            features = model.forward_features(torch.from_numpy(x))
            heads = {'head': model.forward_head(features), 'pre': model.forward_head(features, pre_logits=True)}
        return {name: value.double().numpy() for name, value in heads.items()}
    architecture = (config.get('architectures') or [None])[0]
    kind = getattr(transformers, architecture) if architecture else transformers.AutoModel
    model, told = kind.from_pretrained(path, output_loading_info=True, dtype=torch.float32)
    if told['missing_keys'] or told['mismatched_keys']:
        raise ValueError(f'{told}')
    with torch.no_grad():
        found = model.eval()(pixel_values=torch.from_numpy(x))
    outputs = {}
    for name, value in found.items():
        if torch.is_tensor(value):
            outputs[name] = value.double().numpy()
            if value.dim() == 3:
                outputs[f'{name}: first'] = outputs[name][:, 0]
                outputs[f'{name}: mean'] = outputs[name].mean(1)
                outputs[f'{name}: mean of the rest'] = outputs[name][:, 1:].mean(1)
    return outputs


RUNS = {'onnx': run_onnx, 'exported-program': run_program, 'hub-folder': run_hub}
LIBRARIES = {'onnx': ['onnxruntime'], 'exported-program': ['torch.export'], 'hub-folder': ['torch', 'transformers', 'timm']}


def numbers(value):
    """None stands for what JSON has no number for."""
    return [float(v) if np.isfinite(v) else None for v in np.asarray(value, dtype=np.float64).ravel()]


answers, sys.stdout = sys.stdout, sys.stderr
run = RUNS[sys.argv[1]]
for name in LIBRARIES[sys.argv[1]]:
    try:
        importlib.import_module(name)
    except ImportError as error:  # each question is answered with that
        print(error, file=sys.stderr)
print('ready', file=answers, flush=True)
for line in sys.stdin:
    question = json.loads(line)
    try:
        x = np.fromfile(question['input'], dtype='<f4').reshape(question['shape'])
        found = run(question['path'], x)
        answer = {'outputs': {name: numbers(value) for name, value in found.items()}}
    except Exception as error:  # whatever a library throws at a damaged file
        answer = {'refused': f'{type(error).__name__}: {error}'[:300]}
    print(json.dumps(answer), file=answers, flush=True)
