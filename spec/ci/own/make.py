"""Writes networks and patterns of our own with what they must give: `make.py OUT networks|patterns EVERY SEED [NAME…]`.

One of EVERY cases is made, which ones by SEED, or those that are named.

Needs torch, onnx, onnxscript and onnxruntime. Each case is a folder: its files, `pixels.npy` (uint8) and `case.json`, which says what
is expected and where the float64 values of the layers lie.
"""
import contextlib
import functools
import io
import json
import logging
import os
import random
import sys
import traceback
import warnings

import numpy as np

warnings.filterwarnings('ignore')
logging.disable(logging.WARNING)
IMAGES = 3
MEAN = STD = 0.5


def pixels_of(side):
    return np.random.default_rng(11).integers(0, 256, (IMAGES, side, side, 3), dtype=np.uint8)


def save(folder, case, files, values, failures, pixels, alone=None):
    """`values`: by name, each with a row for each image; `alone`: where each image was in a batch of its own."""
    np.save(os.path.join(folder, 'pixels.npy'), pixels)
    listed = {}
    for at, (name, value) in enumerate(values.items()):
        np.save(os.path.join(folder, f'{at}.npy'), np.ascontiguousarray(np.asarray(value, np.float64).reshape(IMAGES, -1)))
        listed[name] = f'{at}.npy'
    listed_alone = {}
    for at, (name, value) in enumerate((alone or {}).items()):
        np.save(os.path.join(folder, f'alone-{at}.npy'), np.ascontiguousarray(np.asarray(value, np.float64).reshape(IMAGES, -1)))
        listed_alone[name] = f'alone-{at}.npy'
    described = {key: case.get(key) for key in ('name', 'expected', 'answer', 'may_refuse')}
    with open(os.path.join(folder, 'case.json'), 'w') as file:
        json.dump({**described, 'side': int(pixels.shape[1]), 'files': files, 'values': listed, 'alone': listed_alone, 'failures': failures}, file)


def scores_of(kind, output):
    import torch
    if kind in (None, 'probabilities'):
        return None if kind is None else output
    if kind.startswith('binary'):
        p = output.reshape(-1, 1)
        p = torch.sigmoid(p) if kind == 'binary logit' else p
        return torch.cat([1 - p, p], 1)
    return torch.softmax(output, 1)


def network(out, case):
    import torch
    from torch import nn
    torch.manual_seed(abs(hash_of(case['name'])))
    torch.set_num_threads(1)
    from networks import SIDE
    model = case['make']()
    train(model, SIDE)
    pixels = pixels_of(SIDE)
    x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).double() / 255 - MEAN) / STD
    model.double()
    values = values_of(model, x, case)
    ones = [values_of(model, x[i:i + 1], case) for i in range(IMAGES)]
    model.float()
    folder = os.path.join(out, case['name'])
    os.makedirs(folder, exist_ok=True)
    files, failures = export(folder, model, x[:2].float())
    # A value whose first axis is not that of the images is no row of them.
    rows = {name: value for name, value in values.items() if value.ndim and value.shape[0] == IMAGES}
    alone = {name: torch.cat([one[name] for one in ones]) for name in rows}
    is_same = all(torch.allclose(alone[name], rows[name]) for name in rows)
    save(folder, case, files, rows, failures, pixels, None if is_same else alone)


def values_of(model, x, case):
    import torch
    values, inputs = run(model, x)
    output = inputs.pop(':output')
    head = (case['answer'] or {}).get('head')
    chosen = output if torch.is_tensor(output) else None
    if chosen is None:
        chosen = values[head] if head not in (None, 'none') else next(o for o in output if o.ndim == 2 and o.shape[1] == 5)
    if case['embedding'] is not None and (case['embedding'] == '' or case['embedding'] in inputs):
        values[':embedding'] = chosen if case['embedding'] == '' else inputs[case['embedding']]
    scores = scores_of(case['scores'], chosen) if chosen.ndim < 3 else None
    if scores is not None:
        values[':scores'] = scores
    return values


def hash_of(name):
    return int.from_bytes(name.encode()[-6:], 'big') % 2 ** 31


def train(model, side):
    """Statistics and parameters that are not those of an untrained network."""
    import torch
    from torch import nn
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for p in model.parameters():
            if p.ndim <= 1:
                p.add_(torch.randn(p.shape, generator=generator) * .2)
    norms = [m for m in model.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))]
    model.eval()
    for norm in norms:
        norm.train()
    with torch.no_grad():
        model(torch.rand(8, 3, side, side, generator=generator) * 2 - 1)
    model.eval()


def run(model, x):
    """What each module gives, as a forward hook sees it, and what it takes."""
    import torch
    values, inputs = {}, {}

    def hook(name):
        def keep(_module, given, output):
            if torch.is_tensor(output):
                values[name] = output.detach().clone()
            if given and torch.is_tensor(given[0]):
                inputs[name] = given[0].detach().clone()
        return keep

    hooks = [module.register_forward_hook(hook(name)) for name, module in model.named_modules() if name]
    with torch.no_grad():
        inputs[':output'] = model(x)
    for each in hooks:
        each.remove()
    return values, inputs


def export(folder, model, x):
    import torch
    path = lambda name: os.path.join(folder, name)
    axes = {'input_names': ['x'], 'dynamic_axes': {'x': {0: 'N'}}}
    program = functools.cache(lambda: torch.export.export(model, (x,), dynamic_shapes=(({0: torch.export.Dim.DYNAMIC},),)))
    ways = {
        'torchscript-14.onnx': lambda: torch.onnx.export(model, (x,), path('torchscript-14.onnx'), dynamo=False, opset_version=14, **axes),
        'torchscript-17.onnx': lambda: torch.onnx.export(model, (x,), path('torchscript-17.onnx'), dynamo=False, opset_version=17, **axes),
        'torchscript-static.onnx': lambda: torch.onnx.export(model, (x[:1],), path('torchscript-static.onnx'), dynamo=False, opset_version=17),
        'dynamo.onnx': lambda: torch.onnx.export(program(), (), path('dynamo.onnx'), dynamo=True, verbose=False),
        'dynamo-static.onnx': lambda: torch.onnx.export(torch.export.export(model, (x[:1],)), (), path('dynamo-static.onnx'), dynamo=True, verbose=False),
        'program.pt2': lambda: torch.export.save(program(), path('program.pt2')),
    }
    files, failures = [], {}
    for name, write in ways.items():
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                write()
            files.append(name)
        except Exception as error:  # noqa: BLE001: exporters raise what they like
            failures[name] = f'{type(error).__name__}: {error}'.split('\n')[0][:200]
    return files, failures


def session(model, outputs):
    import onnx
    import onnxruntime
    onnxruntime.set_default_logger_severity(4)
    wanted = onnx.ModelProto()
    wanted.CopyFrom(model)
    del wanted.graph.output[:]
    wanted.graph.output.extend(onnx.ValueInfoProto(name=name) for name in outputs)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(wanted.SerializeToString(), options, providers=['CPUExecutionProvider'])


def pattern(out, case):
    from patterns import model_of
    pixels = pixels_of(16)
    x = ((pixels.astype(np.float64) / 255 - MEAN) / STD).astype(np.float32).transpose(0, 3, 1, 2)
    values, features = {}, 4
    folder = os.path.join(out, case['name'])
    os.makedirs(folder, exist_ok=True)
    # What must be refused may take more memory than there is.
    if not case['name'].endswith(('_huge', '_45', '_huge_at_once', '_activations', '_step_0')):
        [y] = session(model_of(case), ['y']).run(None, {'x': x})
        features = int(np.prod(y.shape[1:]))
        model = model_of(case, features)
        names = [name for node in model.graph.node for name in node.output if name]
        found = dict(zip(names, session(model, names).run(None, {'x': x})))
        values = {name: value for name, value in found.items() if value.dtype == np.float32 and value.ndim > 1 and value.shape[0] == IMAGES}
        if case['head'] and 'logits' in values:
            logits = values['logits'].astype(np.float64)
            powers = np.exp(logits - logits.max(1, keepdims=True))
            values |= {':embedding': values['flat'], ':scores': powers / powers.sum(1, keepdims=True)}
    with open(os.path.join(folder, 'pattern.onnx'), 'wb') as file:
        file.write(model_of(case, features).SerializeToString())
    save(folder, case, ['pattern.onnx'], values, {}, pixels)


def main():
    out, kind, every, seed, *names = sys.argv[1:]
    draw = random.Random(int(seed))
    if kind == 'networks':
        from networks import CASES as cases
        make = network
    else:
        from patterns import PATTERNS as cases
        make = pattern
    failed = []
    for case in cases:
        is_drawn = draw.randrange(int(every)) == 0
        if not (case['name'] in names if names else is_drawn) or os.path.exists(os.path.join(out, case['name'], 'case.json')):
            continue
        try:
            make(out, case)
            print(case['name'], flush=True)
        except Exception:
            print('NOT MADE', case['name'], flush=True)
            traceback.print_exc()
            failed.append(case['name'])
    sys.exit(f'not made: {failed}' if failed else 0)


sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
main()
