"""Reads ONNX files of `onnx-samples.js` with other tools: check_onnx.py FOLDER. Needs onnx, onnxruntime and numpy.

Each must pass the checker with shape inference, load in onnxruntime, take any batch and image size, and give PyTorch's
float64 results within 1e-5 of the largest value.
"""
import base64, json, pathlib, sys
import numpy as np, onnx, onnxruntime

TOLERANCE = 1e-5
folder = pathlib.Path(sys.argv[1])


def checked(path):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
    return model, onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])


def shape_of(value):
    return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]


def matches(declared, actual):
    return len(declared) == len(actual) and all(isinstance(d, str) or d == a for d, a in zip(declared, actual))


worst = 0
samples = sorted(folder.glob('*.json'))
assert len(samples) >= 8, samples
for sample in samples:
    model, session = checked(sample.with_suffix('.onnx'))
    described = json.loads(sample.read_text())
    images = np.frombuffer(base64.b64decode(described['pixels']), np.uint8).reshape(described['images'])
    names = list(described['outputs'])
    assert [o.name for o in session.get_outputs()] == names
    assert shape_of(model.graph.input[0]) == ['N', 'height', 'width', 3]
    outputs = session.run(names, {'pixels': images})
    for name, value, declared in zip(names, outputs, model.graph.output):
        expected = described['outputs'][name]
        assert list(value.shape) == expected['shape'], (sample, name, value.shape)
        assert matches(shape_of(declared), value.shape), (sample, name, shape_of(declared), value.shape)
        error = np.abs(value.ravel()[::expected['step']] - expected['values']).max() / expected['largest']
        assert error <= TOLERANCE, (sample, name, error)
        worst = max(worst, error)
    alone = session.run(names, {'pixels': images[:1]})
    for name, one, all_ in zip(names, alone, outputs):
        assert np.abs(one - all_[:1]).max() <= TOLERANCE * np.abs(all_).max(), (sample, name)
    larger = session.run(names, {'pixels': np.zeros((5, 97, 70, 3), np.uint8)})
    assert all(len(value) == 5 and np.isfinite(value).all() for value in larger)
print(f'{len(samples)} ONNX files: the checker takes them, onnxruntime is within {worst:.1e} of PyTorch')

model, session = checked(folder / 'fixed.onnx')
assert shape_of(model.graph.input[0]) == ['N', 40, 36, 3]
assert [(o.name, shape_of(o)) for o in model.graph.output] == [('avgpool', ['N', 512, 1, 1]), ('scores', ['N', 4])]
metadata = {p.key: p.value for p in model.metadata_props}
assert metadata['backbone'] == 'resnet18' and json.loads(metadata['preprocessing'])['size'] == [40, 36]
assert session.run(['scores'], {'pixels': np.zeros((3, 40, 36, 3), np.uint8)})[0].shape == (3, 4)
try:
    session.run(['scores'], {'pixels': np.zeros((3, 36, 40, 3), np.uint8)})
except Exception as error:
    assert 'pixels' in str(error), error
else:
    sys.exit('fixed.onnx: images of another size were taken')

# The files that the command line writes, compared with its embeddings.
model, session = checked(folder / 'bundled.onnx')
embedded = np.load(folder / 'embedded.npz')
gray = np.load(sys.argv[2])['arr_0']
pixels = np.repeat(gray[..., None], 3, axis=3) if gray.ndim == 3 else gray
value = session.run(['fc.0'], {'pixels': pixels})[0]
expected = embedded['embeddings'] if 'embeddings' in embedded else embedded['fc.0']
assert value.shape == expected.shape
error = np.abs(value - expected).max() / np.abs(expected).max()
assert error <= TOLERANCE, error
print(f'convert --onnx: within {error:.1e} of embed, {len(value)} images')
