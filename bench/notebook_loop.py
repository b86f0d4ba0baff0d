"""The loop of Fiddler's image-monitoring notebook, timed: npz to embeddings, class scores and labels.

As in the notebook: torchvision's resnet18 with the two-layer head, ToTensor and (x - 0.5) / 0.5 for each image, a
DataLoader with batches of 32, 2 workers and no shuffle, no_grad and eval, a forward hook on fc[0] for the embeddings,
softmax, argmax. With pandas the table is made as the notebook makes it, without pandas as a dict of columns. With OUT
it is also written to a parquet file, after the loop's time is taken; the notebook leaves that to Fiddler's client.

    python3 notebook_loop.py CHECKPOINT NPZ THREADS [OUT]

Prints one line of JSON: the seconds of the loop, without starting Python, loading the model and writing the file.
"""
import json
import sys
import time

import numpy as np
import torch
import torch.nn as nn
import torchvision
from torch.utils.data import DataLoader, Dataset

try:
    import pandas
except ImportError:
    pandas = None

CLASSES = ("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
BATCH_SIZE = 32
WORKERS = 2

checkpoint, path = sys.argv[1:3]
torch.set_num_threads(int(sys.argv[3]))
out = sys.argv[4] if len(sys.argv) > 4 else None
device = torch.device("cpu")
torch.manual_seed(0)

model = torchvision.models.resnet18()
model.fc = nn.Sequential(nn.Linear(512, 128), nn.ReLU(), nn.Linear(128, 10))
model.load_state_dict(torch.load(checkpoint, map_location=device))
model.to(device)


class Images(Dataset):
    def __init__(self, images, labels, transform):
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.transform(self.images[index]), self.labels[index]


def main():
    started = time.perf_counter()
    transform = torchvision.transforms.Compose(
        [torchvision.transforms.ToTensor(), torchvision.transforms.Normalize((0.5,) * 3, (0.5,) * 3)]
    )
    data = np.load(path)
    loader = DataLoader(
        Images(data["arr_0"], data["arr_1"], transform), batch_size=BATCH_SIZE, shuffle=False, num_workers=WORKERS
    )
    taken = {}

    def hook(_module, _inputs, output):
        taken["embeddings"] = output.detach()

    handle = model.fc[0].register_forward_hook(hook)
    embeddings, scores, targets, correct = [], [], [], 0
    with torch.no_grad():
        model.eval()
        for inputs, labels in loader:
            outputs = model(inputs.to(device))
            scores.append(torch.nn.functional.softmax(outputs, dim=1).cpu().numpy())
            embeddings.append(taken["embeddings"].cpu().numpy())
            targets.append(labels.numpy())
            correct += int((outputs.argmax(dim=1).cpu() == labels).sum())
    handle.remove()
    embeddings, scores, targets = (np.concatenate(parts) for parts in (embeddings, scores, targets))
    table = {"embeddings": embeddings.tolist()}
    table.update({name: scores[:, i] for i, name in enumerate(CLASSES)})
    table["target"] = [CLASSES[label] for label in targets]
    table["image_url"] = [f"{path}/{row}.png" for row in range(len(targets))]
    if pandas is not None:
        table = pandas.DataFrame(table)
    seconds = time.perf_counter() - started
    if out is not None:
        table.to_parquet(out)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "images": len(targets),
                "correct": correct,
                "version": torch.__version__,
                "threads": torch.get_num_threads(),
                "pandas": pandas is not None,
            }
        )
    )


if __name__ == "__main__":
    main()
