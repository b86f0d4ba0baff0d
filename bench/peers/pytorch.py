"""PyTorch on the weights and images of the bench: the engine's side of protocol.ts. The only argument is its task."""
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
net = getattr(torchvision.models, config["backbone"])(num_classes=len(config["classes"])).eval()
missing, unexpected = net.load_state_dict(state, strict=False)
computed = ("num_batches_tracked", "relative_position_index")
lacking = [name for name in missing if not name.endswith(computed) and not name.startswith("AuxLogits.")]
assert not unexpected and not lacking, (lacking, unexpected)
mean = torch.tensor(config["preprocessing"]["mean"]).reshape(1, 3, 1, 1)
std = torch.tensor(config["preprocessing"]["std"]).reshape(1, 3, 1, 1)

shape = (task["rows"], task["height"], task["width"], 3)
pixels = torch.from_numpy(numpy.fromfile(task["images"], numpy.uint8).reshape(shape))


embeddings = None


def keep(module, inputs, output):
    global embeddings
    embeddings = output.clone()  # the next layer may work in place


net.get_submodule(task["tap"]).register_forward_hook(keep)


def run(times):
    for _ in range(times):
        x = pixels.permute(0, 3, 1, 2).contiguous().float().div_(255).sub_(mean).div_(std)
        scores = net(x).softmax(1)
    return scores


warm = time.perf_counter() + task["warmUpSeconds"]
while True:
    scores = run(2)
    if time.perf_counter() >= warm:
        break
with open(task["output"], "wb") as file:
    embeddings.numpy().tofile(file)
    scores.numpy().tofile(file)
print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    run(int(line))
    print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)
