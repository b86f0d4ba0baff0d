"""A folder of JPEGs through ResNet-18 in PyTorch, timed: Pillow, torchvision's transforms, a DataLoader with 2 workers.

    python3 image_folder.py make PHOTOS OUT COUNT    COUNT JPEGs of 500x375, cut from the photographs of a folder, and
                                                     OUT/model.pth, a ResNet-18 with random weights of a fixed seed;
                                                     OUT/transformers, the same as transformers.js keeps models
    python3 image_folder.py run FOLDER MODEL OUT     embeddings of the folder's images, in the order of their names, as
                                                     OUT (npz); prints one line of JSON with the seconds of the loop
"""
import json
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

WIDTH, HEIGHT = 500, 375
BATCH_SIZE = 32
WORKERS = 2
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def cut_photographs(photos, out, count):
    chosen = random.Random(1)
    sources = [Image.open(path).convert("RGB") for path in sorted(photos.rglob("*.jpg"))]
    sources = [image for image in sources if image.width >= WIDTH and image.height >= HEIGHT]
    out.mkdir(parents=True)
    for i in range(count):
        image = chosen.choice(sources)
        left = chosen.randint(0, image.width - WIDTH)
        top = chosen.randint(0, image.height - HEIGHT)
        cut = image.crop((left, top, left + WIDTH, top + HEIGHT))
        cut.save(out / f"{i:05}.jpg", quality=90)


def make(photos, out, count):
    cut_photographs(photos, out / "images", count)
    torch.manual_seed(1)
    model = torchvision.models.resnet18()
    torch.save(model.state_dict(), out / "model.pth")
    export(model, out / "transformers")


def export(model, folder):
    (folder / "onnx").mkdir(parents=True)
    model.fc = torch.nn.Identity()
    model.eval()
    torch.onnx.export(
        model,
        torch.zeros(1, 3, 224, 224),
        str(folder / "onnx" / "model.onnx"),
        input_names=["pixel_values"],
        output_names=["last_hidden_state"],
        dynamic_axes={"pixel_values": {0: "batch"}, "last_hidden_state": {0: "batch"}},
        opset_version=13,
    )
    (folder / "config.json").write_text(json.dumps({"model_type": "resnet", "architectures": ["ResNetModel"]}))
    preparation = {
        "image_processor_type": "BitImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": 256},
        "resample": 2,
        "do_center_crop": True,
        "crop_size": {"height": 224, "width": 224},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": MEAN,
        "image_std": STD,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(preparation))


class Folder(Dataset):
    def __init__(self, folder):
        self.paths = sorted(folder.glob("*.jpg"))
        self.transform = transforms.Compose(
            [
                transforms.Resize(256),
                transforms.CenterCrop(224),
                transforms.ToTensor(),
                transforms.Normalize(MEAN, STD),
            ]
        )

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, index):
        return self.transform(Image.open(self.paths[index]).convert("RGB"))


def run(folder, model_path, out):
    model = torchvision.models.resnet18()
    model.load_state_dict(torch.load(model_path, map_location="cpu"))
    model.fc = torch.nn.Identity()
    model.eval()
    started = time.perf_counter()
    loader = DataLoader(Folder(folder), batch_size=BATCH_SIZE, shuffle=False, num_workers=WORKERS)
    with torch.no_grad():
        embeddings = np.concatenate([model(images).numpy() for images in loader])
    seconds = time.perf_counter() - started
    np.savez(out, embeddings=embeddings)
    print(json.dumps({"seconds": seconds, "images": len(embeddings), "version": torch.__version__}))


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    else:
        run(Path(sys.argv[2]), sys.argv[3], sys.argv[4])
