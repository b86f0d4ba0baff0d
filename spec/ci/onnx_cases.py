"""Writes the node cases of PyPI's onnx as files: OUT/NAME.onnx, and OUT/cases.json with inputs and outputs.

Run it in an empty folder: the package loads a file nt.py that lies there.
"""

import base64
import json
import os
import sys
import warnings

import numpy as np

warnings.filterwarnings("ignore")
from onnx.backend.test.case.node import collect_testcases  # noqa: E402

TYPES = {"float32", "float16", "float64", "bfloat16", "bool"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}


def packed(value):
    """A tensor as float64; None for what is not a tensor of numbers."""
    if not isinstance(value, np.ndarray) and not np.isscalar(value):
        return None
    array = np.asarray(value)
    if array.dtype.name not in TYPES:
        return None
    data = base64.b64encode(np.ascontiguousarray(array, dtype=np.float64).tobytes()).decode()
    return {"dtype": array.dtype.name, "dims": list(array.shape), "data": data}


out = sys.argv[1]
os.makedirs(out, exist_ok=True)
seen, listed = set(), []
for case in collect_testcases():
    if case.name in seen or not case.data_sets:
        continue
    seen.add(case.name)
    inputs, outputs = case.data_sets[0]
    with open(os.path.join(out, f"{case.name}.onnx"), "wb") as file:
        file.write(case.model.SerializeToString())
    names = [value.name for value in case.model.graph.input]
    given = [packed(value) for value in inputs]
    expected = [packed(value) for value in outputs]
    listed.append({"name": case.name, "names": names, "inputs": given, "outputs": expected, "rtol": case.rtol})
with open(os.path.join(out, "cases.json"), "w") as file:
    json.dump(listed, file)
print(len(listed))
