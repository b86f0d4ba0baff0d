"""
Runs the Python that `convert --check-script` prints, with the real library, and converts with the file that it writes:
`check_scripts.py torch|transformers|timm|tensorflow FOLDER`. The right conversion is kept; one with another mean is
refused, with the step.
"""

import json
import os
import subprocess
import sys

import numpy as np
import PIL
from PIL import Image

CLI = ["node", os.path.abspath(os.path.join(os.path.dirname(__file__), "../../dist/cli/main.js"))]


def run(*args):
    return subprocess.run([*CLI, *args], capture_output=True, text=True)


def photographs(count=10):
    """Smooth noise of many colours and sizes, as files."""
    rng = np.random.default_rng(1)
    names = []
    for i in range(count):
        small = rng.integers(0, 256, (rng.integers(3, 9), rng.integers(3, 9), 3), dtype=np.uint8)
        size = tuple(int(side) for side in rng.integers(70, 150, 2))
        names.append(f"photo_{i}.png")
        Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).save(names[-1])
    return names


def shaken(model):
    """Statistics that a batch norm would have after training: those of a new one are 0 and 1."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return model.eval()


def torch_model():
    import torch
    import torchvision
    from torchvision import transforms

    torch.manual_seed(0)
    model = shaken(torchvision.models.resnet18(num_classes=5))
    torch.save(model.state_dict(), "model.pth")
    steps = [transforms.Resize(72), transforms.CenterCrop(64), transforms.ToTensor()]
    preprocess = transforms.Compose([*steps, transforms.Normalize([0.5, 0.4, 0.3], [0.2, 0.25, 0.3])])
    flags = "model.pth --size 64 --resize 72 --std 0.2,0.25,0.3"
    return {"model": model, "preprocess": preprocess, "layer": "avgpool"}, flags.split(), ["--mean", "0.5,0.4,0.3"]


def transformers_model():
    import torch
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor

    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 1, "intermediate_size": 128}
    config = ViTConfig(**sizes, image_size=64, patch_size=16, num_labels=5, initializer_range=0.2)
    ViTForImageClassification(config).save_pretrained("vit")
    ViTImageProcessor(size={"height": 64, "width": 64}).save_pretrained("vit")
    # The embedding is what the last Linear takes: the class token.
    return {"name": "vit"}, ["vit", "--tap", "global_pool"], []


def timm_model():
    import timm
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = shaken(timm.create_model("resnet18", num_classes=5))
    os.makedirs("timm", exist_ok=True)
    save_file(model.state_dict(), "timm/model.safetensors")
    cfg = {**model.pretrained_cfg, "num_classes": 5}
    cfg = {key: value for key, value in cfg.items() if isinstance(value, (str, int, float, list, tuple))}
    with open("timm/config.json", "w") as file:
        json.dump({"architecture": "resnet18", "num_classes": 5, "pretrained_cfg": cfg}, file)
    return {"model": model}, ["timm"], []


def tensorflow_model():
    import tensorflow as tf

    tf.keras.utils.set_random_seed(0)
    keras = tf.keras
    image = keras.Input((48, 48, 3))
    x = keras.layers.Conv2D(8, 3, strides=2, activation="relu")(image)
    x = keras.layers.Conv2D(12, 3, activation="relu")(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(image, keras.layers.Dense(5, activation="softmax")(keras.layers.Dense(16, activation="relu")(x)))
    os.makedirs("tfjs", exist_ok=True)
    entries = [{"name": w.path, "shape": list(w.shape), "dtype": "float32"} for w in model.weights]
    topology = {"keras_version": keras.__version__, "backend": "tensorflow", "model_config": json.loads(model.to_json())}
    manifest = [{"paths": ["group1-shard1of1.bin"], "weights": entries}]
    with open("tfjs/model.json", "w") as file:
        json.dump({"format": "layers-model", "modelTopology": topology, "weightsManifest": manifest}, file)
    with open("tfjs/group1-shard1of1.bin", "wb") as file:
        for weight in model.weights:
            file.write(weight.numpy().astype("<f4").tobytes())
    preprocess = lambda picture: np.asarray(picture.resize((48, 48), Image.Resampling.BILINEAR)) / 255
    return {"model": model, "preprocess": preprocess}, ["tfjs/model.json"], []


def main(library, folder):
    os.makedirs(folder, exist_ok=True)
    os.chdir(folder)
    names, flags, mean = globals()[f"{library}_model"]()
    if int(PIL.__version__.split(".")[0]) < 13:
        flags = [*flags, "--pillow", "12"]
    printed = run("convert", "--check-script", library)
    assert printed.returncode == 0, printed.stderr
    exec(compile(printed.stdout, f"--check-script {library}", "exec"), {**names, "paths": photographs()})
    right = run("convert", *flags, *mean, "--out", "weights", "--check", "check.npz", "--json")
    assert right.returncode == 0, right.stderr
    checked = json.loads(right.stdout)["checked"]
    assert checked["preprocessing"] == "compared" and checked["images"] == 10, checked
    assert checked["embedding_error"] < 1e-4 and checked["scores_error"] < 1e-4, checked
    wrong = run("convert", *flags, "--mean", "0.1", *([] if "--std" in flags else ["--std", "0.3"]), "--out", "wrong", "--check", "check.npz", "--json")
    error = json.loads(wrong.stderr)["error"]
    assert wrong.returncode == 4 and error["code"] == "CHECK_FAILED" and ", normalisation: " in error["message"], wrong.stderr
    assert not os.path.exists("wrong")
    print(f"{library}: {checked['embedding_error']:.1e}, scores {checked['scores_error']:.1e}; {error['message']}; {error['hint']}")


main(*sys.argv[1:])
