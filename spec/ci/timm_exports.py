"""Twenty networks of timm that were never converted before this list was written, as both exporters of `torch.onnx` write them, converted
and embedded with `simd`, beside onnxruntime.

    python spec/ci/timm_exports.py WORK CSV [NAME ...]

Needs torch, timm, onnx, onnxscript and onnxruntime. Drawn: families of timm of which no network is in a list or a result here, shuffled with
seed 41; the first twenty whose smallest network has at most 30 million parameters. Weights are random, batch norms are fitted to random images.

A row of CSV: the verdict is `right`, `wrong` (an error above BOUND), `asked` (convert asks what is the embedding; the output is right),
`refused`, or `not exported`. `error` is the largest difference of the network's output, as a share of its largest value; `scores` that of
the scores, where convert finds them.
"""

import contextlib
import csv
import io
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here / "networks"))
warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)

# Name, and the side of the images: its own where a network is made for one size.
NETWORKS = {
    "focalnet_tiny_srf": 96,
    "tiny_vit_5m_224": 224,
    "ese_vovnet19b_slim_dw": 96,
    "dla46x_c": 96,
    "cpubone_nano": 96,
    "test_mambaout": 96,
    "hardcorenas_b": 96,
    "repvit_m1": 96,
    "repghostnet_050": 96,
    "rdnet_tiny": 96,
    "csatv2": 512,
    "visformer_tiny": 224,
    "convmixer_768_32": 96,
    "iformer_t": 96,
    "swiftformer_xs": 224,
    "skresnet18": 96,
    "legacy_xception": 96,
    "tnt_s_legacy_patch16_224": 224,
    "convit_tiny": 224,
    "swinv2_cr_tiny_224": 224,
}
EXPORTERS = ("torchscript", "dynamo")
MEAN = STD = 0.5
BOUND = 1e-4
CLI = ["node", str(here.parents[1] / "dist/cli/main.js")]


def export(model, x, exporter, path):
    import torch

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        if exporter == "dynamo":
            batch = ({0: torch.export.Dim.DYNAMIC},)
            torch.onnx.export(model, (x,), path, dynamo=True, dynamic_shapes=batch, external_data=False, verbose=False)
        else:
            axes = {"x": {0: "N"}}
            torch.onnx.export(model, (x,), path, dynamo=False, opset_version=17, input_names=["x"], dynamic_axes=axes)


def run(*arguments):
    done = subprocess.run([*CLI, *map(str, arguments), "--quiet"], capture_output=True, text=True)
    said = done.stderr.strip()
    return done.returncode, said.splitlines()[0] if said else ""


def embedded(work, path, side, *options):
    """What `embed` gives; or the exit code and the message of what was refused."""
    weights, events = work / "weights", work / "events.npz"
    convert = ("convert", path, "--out", weights, "--size", side, "--mean", MEAN, "--std", STD, *options)
    embed = ("embed", work / "images.npz", "--weights", weights, "--out", events, "--backend", "simd")
    for arguments in (convert, embed):
        code, said = run(*arguments)
        if code != 0:
            return None, code, said
    with np.load(events, allow_pickle=True) as found:
        return {name: np.asarray(found[name], np.float64) for name in ("embeddings", "scores") if name in found}, 0, ""


def of_largest(actual, wanted):
    return float(np.abs(actual.reshape(wanted.shape) - wanted).max() / np.abs(wanted).max())


def compare(work, path, side, images):
    """Verdict, error of the output, error of the scores, and why not."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    x = ((images.astype(np.float32) / np.float32(255) - np.float32(MEAN)) / np.float32(STD)).transpose(0, 3, 1, 2)
    wanted = session.run(None, {session.get_inputs()[0].name: x})[0].astype(np.float64)
    plain, code, said = embedded(work, path, side)
    # The output of the whole network, as an embedding, also where it may be scores.
    output = ("--tap", session.get_outputs()[0].name, "--head", "none", "--pool", "none")
    whole, _, why = embedded(work, path, side, *output)
    if whole is None:
        return "refused", "", "", why
    error, scores = of_largest(whole["embeddings"], wanted), ""
    if plain is not None and "scores" in plain:
        powers = np.exp(wanted - wanted.max(1, keepdims=True))
        scores = of_largest(plain["scores"], powers / powers.sum(1, keepdims=True))
    if not max(error, scores or 0) <= BOUND:
        return "wrong", error, scores, ""
    return ("right", error, scores, "") if plain is not None else ("asked" if code == 2 else "refused", error, scores, said)


def main():
    import timm
    import torch
    from make import fit_in_range, spread

    work, table, *names = sys.argv[1:]
    work = Path(work)
    work.mkdir(parents=True, exist_ok=True)
    is_new = not os.path.exists(table)
    with open(table, "a", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        if is_new:
            rows.writerow("network parameters side exporter verdict error scores why".split())
        for name, side in NETWORKS.items():
            if names and name not in names:
                continue
            torch.manual_seed(1)
            generator = torch.Generator().manual_seed(1)
            model = spread(timm.create_model(name), generator)
            fit_in_range(model, [(side, side)], 1, generator)
            images = np.random.default_rng(1).integers(0, 256, (2, side, side, 3), dtype=np.uint8)
            np.savez(work / "images.npz", images)
            parameters = sum(p.numel() for p in model.parameters())
            for exporter in EXPORTERS:
                path = work / f"{name}.{exporter}.onnx"
                try:
                    export(model, torch.zeros(2, 3, side, side), exporter, str(path))
                except Exception as error:  # noqa: BLE001: exporters raise what they like
                    found = ("not exported", "", "", f"{type(error).__name__}: {error}".splitlines()[0][:200])
                else:
                    found = compare(work, str(path), side, images)
                told = [f"{value:.1e}" if isinstance(value, float) else value for value in found]
                rows.writerow([name, parameters, side, exporter, *told])
                file.flush()
                print(name, exporter, *told, flush=True)


if __name__ == "__main__":
    main()
