"""Photographs through torchvision's networks, from files to embeddings.

    photographs.py PHOTOS OUT COUNT NETWORK...

Cuts COUNT images of random sizes from the photographs of a folder and saves them as JPEG and PNG files in OUT/images. For
each network: OUT/NETWORK.pth with random weights, whose batch norms are fitted to the images, and OUT/NETWORK.npz with
`embeddings` (float64) and `float32`, the pooled features of each image in the order of the names, prepared by torchvision's
transforms on Pillow images.
"""
import random
import sys
from pathlib import Path

import numpy as np
import torch
import torchvision
from PIL import Image
from torchvision import transforms

PREPARE = transforms.Compose(
    [
        transforms.Resize(256),
        transforms.CenterCrop(224),
        transforms.ToTensor(),
        transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ]
)


def make_images(photos, out, count):
    chosen = random.Random(1)
    sources = [Image.open(path).convert("RGB") for path in sorted(photos.rglob("*.jpg"))]
    out.mkdir(parents=True)
    for i in range(count):
        source = chosen.choice(sources)
        width, height = (chosen.randint(120, min(side, 900)) for side in source.size)
        left, top = chosen.randint(0, source.width - width), chosen.randint(0, source.height - height)
        cut = source.crop((left, top, left + width, top + height))
        if i % 8 == 0:
            cut.save(out / f"{i:05}.png")
        else:
            cut.save(out / f"{i:05}.jpg", quality=chosen.randint(60, 98), progressive=i % 3 == 0)


def make_network(name, images, out):
    torch.manual_seed(1)
    model = getattr(torchvision.models, name)(num_classes=10)
    model.train()
    with torch.no_grad():
        for start in range(0, min(32, len(images)), 8):
            model(images[start : start + 8])
    model.eval()
    torch.save(model.state_dict(), out / f"{name}.pth")
    model.fc = torch.nn.Identity()
    return model


def embed(model, images):
    with torch.no_grad():
        return np.concatenate([model(images[i : i + 8]).numpy() for i in range(0, len(images), 8)])


def main():
    photos, out, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    make_images(photos, out / "images", count)
    paths = sorted((out / "images").iterdir())
    images = torch.stack([PREPARE(Image.open(path).convert("RGB")) for path in paths])
    for name in sys.argv[4:]:
        model = make_network(name, images, out)
        single = embed(model, images)
        np.savez(out / f"{name}.npz", embeddings=embed(model.double(), images.double()).astype("float32"), float32=single)


main()
