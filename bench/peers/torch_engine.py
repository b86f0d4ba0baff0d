"""PyTorch on the weights and images of the bench: the engine's side of protocol.ts. The only argument is its task.

No module here may be named pytorch: torchvision tries to import one of that name.
"""
import json
import pathlib
import sys
import time

import numpy
import torch
import torchvision

task = json.loads(sys.argv[1])
torch.set_num_threads(task["threads"])
torch.set_grad_enabled(False)
device = torch.device(task.get("device", "cpu"))
# By default, newer cards convolve in TF32, with 10 bits of mantissa.
torch.backends.cudnn.allow_tf32 = False

folder = pathlib.Path(task["weights"])
manifest = json.loads((folder / "model.json").read_text())
group = manifest["weightsManifest"][0]
stored = numpy.concatenate([numpy.fromfile(folder / path, numpy.float32) for path in group["paths"]])
state, at = {}, 0
for entry in group["weights"]:
    size = int(numpy.prod(entry["shape"]))
    state[entry["name"]] = torch.from_numpy(stored[at : at + size].reshape(entry["shape"]))
    at += size

config = manifest["userDefinedMetadata"]["config"]
classes = len(config["classes"])
# timm's names of the networks whose tensors have timm's names. torchvision has the others.
OF_TIMM = {
    "vit_b_16": "vit_base_patch16_224",
    "dinov2_s_14": "vit_small_patch14_dinov2",
    "clip_b_32": "vit_base_patch32_clip_quickgelu_224",
}


def network(name):
    if name not in OF_TIMM:
        return getattr(torchvision.models, name)(num_classes=classes)
    import timm

    net = timm.create_model(OF_TIMM[name], num_classes=classes, img_size=task["height"])
    if "projection.weight" in state:
        features, width = state["projection.weight"].shape
        projection = torch.nn.Linear(width, features, bias=False)
        net.head = torch.nn.Sequential(projection, torch.nn.Linear(features, classes))
    return net


def renamed(name):
    """Names that the network has otherwise: of the classifier of ConvNeXt, of the projection of CLIP."""
    if folder.name.startswith("convnext_"):
        return name.replace("norm.", "classifier.0.", 1) if name.startswith("norm.") else name.replace("classifier.", "classifier.2.", 1)
    if "projection.weight" in state:
        return {"projection.weight": "head.0.weight", "head.weight": "head.1.weight", "head.bias": "head.1.bias"}.get(name, name)
    return name


net = network(folder.name).eval().to(device)
# ConvNeXt's factors of its blocks have another shape there.
there = net.state_dict()
state = {renamed(name): tensor for name, tensor in state.items()}
state = {name: tensor.reshape(there[name].shape) if name in there else tensor for name, tensor in state.items()}
missing, unexpected = net.load_state_dict(state, strict=False)
computed = ("num_batches_tracked", "relative_position_index")
lacking = [name for name in missing if not name.endswith(computed) and not name.startswith("AuxLogits.")]
assert not unexpected and not lacking, (lacking, unexpected)
mean = torch.tensor(config["preprocessing"]["mean"]).reshape(1, 3, 1, 1).to(device)
std = torch.tensor(config["preprocessing"]["std"]).reshape(1, 3, 1, 1).to(device)

shape = (task["rows"], task["height"], task["width"], 3)
pixels = torch.from_numpy(numpy.fromfile(task["images"], numpy.uint8).reshape(shape))


embeddings = None


def keep(module, inputs):
    global embeddings
    embeddings = inputs[0]


# The embedding is what the last Linear takes.
[module for module in net.modules() if isinstance(module, torch.nn.Linear)][-1].register_forward_pre_hook(keep)
layers = {}


def keep_layer(name):
    return lambda module, inputs, output: layers.update({name: output})


for name in task.get("layers", []):
    net.get_submodule(name).register_forward_hook(keep_layer(name))


def run(times):
    for _ in range(times):
        x = pixels.to(device).permute(0, 3, 1, 2).contiguous().float().div_(255).sub_(mean).div_(std)
        # Outputs come back with each batch, as those of the other engines do.
        scores, _ = net(x).softmax(1).cpu(), embeddings.cpu()
    return scores


warm = time.perf_counter() + task["warmUpSeconds"]
while True:
    scores = run(2)
    if time.perf_counter() >= warm:
        break
with open(task["output"], "wb") as file:
    embeddings.cpu().numpy().tofile(file)
    scores.numpy().tofile(file)
for name, output in layers.items():
    output.cpu().contiguous().numpy().tofile(f"{task['output']}.{name}")
on_gpu = device.type == "cuda"
where = {"device": torch.cuda.get_device_name(), "kind": "gpu"} if on_gpu else {"device": "cpu", "kind": "cpu"}
print(json.dumps({"version": torch.__version__, **where}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    run(int(line))
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
