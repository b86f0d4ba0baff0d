"""What the cases share: random statistics, wrappers, and a folder with a checkpoint and PyTorch's outputs."""
import json, os
import numpy as np
import torch, torchvision.models as tv
from torch import nn

IMAGES = 8


def randomise(model, seed):
    """Statistics and gains of batch norms that show every folding error; small weights elsewhere stay as they are."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for m in model.modules():
            if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)):
                m.running_mean.copy_(torch.randn(m.running_mean.shape, generator=g) * 0.1)
                m.running_var.copy_(torch.rand(m.running_var.shape, generator=g) + 0.5)
                m.weight.copy_(torch.rand(m.weight.shape, generator=g) + 0.5)
                m.bias.copy_(torch.randn(m.bias.shape, generator=g) * 0.1)
    return model.eval()


class Case:
    def __init__(self, out, name, seed):
        self.name, self.seed = name, seed
        self.folder = os.path.join(out, name)
        os.makedirs(self.folder, exist_ok=True)

    def write(self, saved, model=None, taps=(), size=32, channels=3, options=None, error=None, file='model.pth', gray=False,
              classes=None):
        """`saved`: what torch.save gets, or a function that writes a path. `taps`: ours -> a module of `model`."""
        path = os.path.join(self.folder, file)
        saved(path) if callable(saved) and not isinstance(saved, nn.Module) else torch.save(saved, path)
        told = {'checkpoint': file, 'options': {'size': [size, size], 'mean': [0.4], 'std': [0.25], **(options or {})},
                'taps': {}, 'error': error, 'classes': classes}
        if model is not None:
            rng = np.random.default_rng(self.seed)
            shape = (IMAGES, size, size) if gray else (IMAGES, size, size, channels)
            pixels = rng.integers(0, 256, shape, dtype=np.uint8)
            np.save(os.path.join(self.folder, 'pixels.npy'), pixels)
            x = torch.from_numpy(pixels.reshape(IMAGES, size, size, channels)).permute(0, 3, 1, 2).float()
            x = ((x / 255) - 0.4) / 0.25
            kept = {}
            hooks = []
            for ours, module in dict(taps).items():
                module = model if module is None else module
                hooks.append(module.register_forward_hook(lambda _m, _i, out, ours=ours: kept.__setitem__(ours, out.clone())))
            with torch.no_grad():
                model(x)
            for h in hooks:
                h.remove()
            for i, (ours, out) in enumerate(kept.items()):
                file_ = f'tap{i}.npy'
                np.save(os.path.join(self.folder, file_), out.numpy().astype(np.float32))
                told['taps'][ours] = file_
        json.dump(told, open(os.path.join(self.folder, 'case.json'), 'w'))


class Wrapped(nn.Module):
    """A body under one name, a head under another."""

    def __init__(self, body, head, names=('backbone', 'head')):
        super().__init__()
        self.names = names
        for name, module in zip(names, (body, head)):
            setattr(self, name, module)

    def forward(self, x):
        return getattr(self, self.names[1])(torch.flatten(getattr(self, self.names[0])(x), 1))


def r18(**parts):
    model = tv.resnet18(num_classes=10)
    for name, part in parts.items():
        setattr(model, name, part)
    return model


def headless(model):
    name = 'fc' if hasattr(model, 'fc') else 'classifier'
    setattr(model, name, nn.Identity())
    return model


def r_taps(model, head='fc', **more):
    return {'layer1': model.layer1, 'layer4.0.bn2': model.layer4[0].bn2, 'avgpool': model.avgpool, **more}


def prefixed(model, prefix):
    return {prefix + k: v for k, v in model.state_dict().items()}
