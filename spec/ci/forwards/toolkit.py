"""What the cases share: small networks, and a folder with a checkpoint and what its own program computes in float64."""
import json, os
import numpy as np
import torch
from torch import nn

IMAGES = 6
SIZE = 32


def randomise(model, seed):
    """Every parameter and every saved statistic is far from its default, so that none can be left out unnoticed."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        saved = model.state_dict().keys()
        for name, value in [*model.named_parameters(), *model.named_buffers()]:
            # A buffer that is not saved is computed by the network.
            if name not in saved or not value.is_floating_point() or value.numel() == 0:
                continue
            if name.endswith('running_var'):
                value.copy_(torch.rand(value.shape, generator=g) + 0.5)
            elif value.dim() <= 1 and name.endswith('weight'):
                value.copy_(torch.rand(value.shape, generator=g) + 0.5)
            elif value.dim() <= 1:
                value.add_(torch.randn(value.shape, generator=g) * 0.1)
            else:
                fan = max(1, value[0].numel())
                value.copy_(torch.randn(value.shape, generator=g) * (2 / fan) ** 0.5)
    return model.eval()


class Block(nn.Module):
    def __init__(self, inside, out, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        other = stride != 1 or inside != out
        self.downsample = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out)) if other else None

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class Body(nn.Module):
    """A ResNet with torchvision's names: the map `[N, 32, 1, 1]` or, by `flat`, the pooled features `[N, 32]`."""

    def __init__(self, widths=(8, 16, 24, 32), depth=1, flat=True, fc=None):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, widths[0], 7, 2, 3, bias=False), nn.BatchNorm2d(widths[0])
        inside = widths[0]
        for i, width in enumerate(widths):
            blocks = [Block(inside if b == 0 else width, width, 2 if b == 0 and i > 0 else 1) for b in range(depth)]
            setattr(self, f'layer{i + 1}', nn.Sequential(*blocks))
            inside = width
        self.stages, self.flat, self.width = len(widths), flat, inside
        if fc is not None:
            self.fc = fc

    def map(self, x):
        x = torch.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for i in range(self.stages):
            x = getattr(self, f'layer{i + 1}')(x)
        return x

    def forward(self, x):
        x = self.map(x)
        x = x.mean((2, 3)) if self.flat else x
        return self.fc(x) if hasattr(self, 'fc') else x


class Net(nn.Module):
    """Modules by name and a function of them: `run(self, x)` gives the embedding and the logits, or None for no scores."""

    def __init__(self, run, **modules):
        super().__init__()
        self.run = run
        for name, module in modules.items():
            if isinstance(module, nn.Parameter):
                self.register_parameter(name, module)
            else:
                setattr(self, name, module)

    def forward(self, x):
        return self.run(self, x)


class Case:
    def __init__(self, out, name, seed):
        self.name, self.seed = name, seed
        self.folder = os.path.join(out, name)
        os.makedirs(self.folder, exist_ok=True)

    def write(self, model, run, expected, *, save=None, size=SIZE, options=None, answer=None):
        """
        `run(model, x)` → embedding and logits, or None for one that the case does not compare. `expected`: right, refused,
        asked, or said (converted, with what was assumed). `answer`: options that answer the question; then it must be right.
        """
        model = randomise(model, self.seed)
        path = os.path.join(self.folder, 'model' if save == 'folder' else 'model.pth')
        if save == 'folder':
            model.save_pretrained(path)
        else:
            torch.save(model.state_dict() if save is None else save(model), path)
        rng = np.random.default_rng(self.seed)
        pixels = rng.integers(0, 256, (IMAGES, size, size, 3), dtype=np.uint8)
        np.save(os.path.join(self.folder, 'pixels.npy'), pixels)
        # As float32 has been saved: the float64 outputs of these weights.
        x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).double() / 255 - 0.5) / 0.5
        with torch.no_grad():
            embedding, logits = run(model.double(), x)
        scores = None if logits is None else torch.softmax(logits, -1)
        for what, value in (('embedding', embedding), ('scores', scores)):
            if value is not None:
                np.save(os.path.join(self.folder, what + '.npy'), value.reshape(IMAGES, -1).numpy())
        usual = {'size': [size, size], 'mean': [0.5], 'std': [0.5]}
        told = {'checkpoint': os.path.basename(path), 'expected': expected, 'options': {**usual, **(options or {})},
                'answer': None if answer is None else {**usual, **answer}}
        json.dump(told, open(os.path.join(self.folder, 'case.json'), 'w'), indent=1)
