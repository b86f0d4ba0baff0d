"""Quantises small networks in the ways that onnxruntime has, and compares what `embed` makes of each file, run as it is, with
Python's onnxruntime: the scores and the embedding.

    python onnx_files.py WORK all|slice

The slice is one network for each way to quantise; where the quantiser fails with a network of the whole list, it says so. IMAGE_DRIFT_PACKAGES says where onnxruntime-node is.
"""

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_dynamic, quantize_static

# The quantiser warns of every value whose type is no float.
logging.disable(logging.WARNING)
work, which = Path(sys.argv[1]), sys.argv[2]
fixtures = Path("spec/fixtures/onnx")
ROWS = 3
MEAN, STD = 0.5, 0.25
# Of the largest value: two versions of onnxruntime may round a product at another place.
BOUND = 1e-4
NETWORKS = ["resnet.torchscript", "mobilenet_v3.torchscript", "vit.torchscript", "convnext.dynamo", "densenet.dynamo", "efficientnet.dynamo"]


class Calibration(CalibrationDataReader):
    def __init__(self, source):
        name, side = session_of(str(source)).get_inputs()[0].name, side_of(source)
        draws = np.random.default_rng(5).normal(0, 2, (2, 2, 3, side, side)).astype(np.float32)
        self.batches = iter([{name: batch} for batch in draws])

    def get_next(self):
        return next(self.batches, None)


def side_of(source):
    return json.loads((fixtures / f"{source.name.split('.')[0]}.json").read_text())["size"]


def options():
    made = onnxruntime.SessionOptions()
    made.log_severity_level = 3
    return made


def session_of(model):
    return onnxruntime.InferenceSession(model, options(), providers=["CPUExecutionProvider"])


def static(form):
    def quantise(source, target):
        quantize_static(source, target, Calibration(source), quant_format=form)

    return quantise


def optimised(source, target):
    made = options()
    made.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    made.optimized_model_filepath = str(target)
    onnxruntime.InferenceSession(str(source), made, providers=["CPUExecutionProvider"])


WAYS = {
    "qdq": static(QuantFormat.QDQ),
    "qoperator": static(QuantFormat.QOperator),
    "dynamic": quantize_dynamic,
    "optimised": optimised,
}


SLICE = {"qdq": "resnet.torchscript", "qoperator": "densenet.dynamo", "dynamic": "vit.torchscript"}


def made(make, network, way):
    """The file; None where onnxruntime's own quantiser fails with the network."""
    file = work / f"{network}-{way}.onnx"
    try:
        make(fixtures / f"{network}.onnx", file)
    except Exception as error:  # noqa: BLE001: it raises what Python itself raises
        if which == "slice":
            raise
        print(f"{file.name}: onnxruntime does not make it: {type(error).__name__}: {str(error).splitlines()[0][:100]}")
        return None
    return file


def embed(file):
    flags = ["--mean", MEAN, "--std", STD]
    convert = ["convert", file, "--out", work / "as-is", *flags, "--json"]
    config = json.loads(run(convert))["config"]
    run(["embed", work / "as-is.npz", "--weights", work / "as-is", "--out", work / "as-is-out.npz"])
    return config, np.load(work / "as-is-out.npz", allow_pickle=True)


def run(arguments):
    done = subprocess.run(["node", "dist/cli/main.js", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr}")
    return done.stdout


def expected(file, images, names):
    """Values of each image alone."""
    model = onnx.load(file)
    del model.graph.output[:]
    model.graph.output.extend([onnx.ValueInfoProto(name=name) for name in names])
    session = session_of(model.SerializeToString())
    # In float64 as `embed` does it: a dynamic scale makes the last bit of an input a step of all values.
    x = ((images / 255 - MEAN) / STD).astype(np.float32).transpose(0, 3, 1, 2)
    rows = [session.run(names, {session.get_inputs()[0].name: x[i : i + 1]}) for i in range(len(x))]
    return [np.concatenate([row[i] for row in rows]).reshape(len(x), -1).astype(np.float64) for i in range(len(names))]


def softmax(logits):
    exponentials = np.exp(logits - logits.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)


def error_of(actual, wanted):
    return float(np.abs(actual.reshape(wanted.shape) - wanted).max() / np.abs(wanted).max())


failed = 0
for network in NETWORKS:
    side = side_of(fixtures / network)
    images = np.random.default_rng(1).integers(0, 256, (ROWS, side, side, 3), dtype=np.uint8)
    images[0] //= 8
    np.savez(work / "as-is.npz", images)
    for way, make in WAYS.items():
        if which == "slice" and SLICE.get(way) != network:
            continue
        file = made(make, network, way)
        if file is None:
            continue
        config, found = embed(file)
        if "onnxFile" not in config:
            print(f"{file.name}: every engine runs it", flush=True)
            continue
        values = dict(config["graph"]["taps"])
        names = [values.get(config["tap"], config["tap"]), config["graph"]["output"]]
        features, logits = expected(file, images, names)
        errors = [error_of(found["embeddings"], features), error_of(found["scores"], softmax(logits))]
        is_right = all(error <= BOUND for error in errors)
        failed += not is_right
        told = ", ".join(f"{error:.1e}" for error in errors)
        alone = "" if config["onnxFile"]["batch"] is None else ", one image at a time"
        print(f"{file.name}: {told} of the largest value{alone}{'' if is_right else ', too much'}", flush=True)
sys.exit(1 if failed else 0)
