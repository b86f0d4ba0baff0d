#!/usr/bin/env python3
"""Make state dicts of torchvision's networks, and what PyTorch computes with each in float64 and in float32.

  make.py OUT NAME...

Needs torch and torchvision (Debian's will do). For each network: a folder with `model.pth`, `pixels.npy` (uint8), for each
tap its float64 output, and `case.json`: taps, each with the error of PyTorch's own float32. Weights are random; the
statistics of batch norms are fitted to a few random batches, so that values stay in range from layer to layer.
"""
import copy, json, os, sys
import numpy as np
import torch, torchvision.models as tv
from torch import nn

IMAGES = 4
FITTED = 4
MEAN = STD = 0.5
# Sides of images that keep the check short; other networks take what they are made for.
SIDES = {'inception_v3': 107, 'googlenet': 75, 'alexnet': 75, 'squeezenet': 75, 'vgg': 49, 'densenet': 70,
         'vit_h_14': 70, 'vit_': 64, 'maxvit': 224}
MOST_TAPS = 7
# Dots in the names of modules that may be taps, where others are inside lists, which do not run.
DOTS = {'maxvit_t': (1, 5)}
# Tensors that begin at 0, by the ends of their names.
SPREAD = ('class_token', 'pos_embedding', 'bias_table', 'cls_token', 'reg_token', 'pos_embed', 'position_embeddings', 'register_tokens',
          'latent', 'probe')


def side_of(name):
    return next((side for start, side in SIDES.items() if name.startswith(start)), 70)


def build(name):
    options = {'init_weights': False} if name in ('inception_v3', 'googlenet') else {}
    if name == 'vit_h_14':
        # Fewer blocks: all of them would take gigabytes.
        return tv.VisionTransformer(image_size=side_of(name), patch_size=14, num_layers=3, num_heads=16, hidden_dim=1280, mlp_dim=5120)
    if name.startswith('vit_'):
        # Few tokens: products of float64 matrices are slow in Debian's torch.
        options['image_size'] = side_of(name)
    if name == 'regnet_y_128gf':
        return short_regnet()
    return getattr(tv, name)(weights=None, **options)


def short_regnet():
    """The widths of RegNetY-128GF, one block a stage."""
    from torchvision.models.regnet import BlockParams, RegNet
    from functools import partial
    params = BlockParams(depths=[1, 1, 1, 1], widths=[528, 1056, 2904, 7392], group_widths=[264] * 4,
                         bottleneck_multipliers=[1.0] * 4, strides=[2] * 4, se_ratio=0.25)
    return RegNet(params, norm_layer=partial(nn.BatchNorm2d, eps=1e-05, momentum=0.1))


def spread(model, generator):
    """Parameters that an untrained network has at 0 or 1 would hide mistakes."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() <= 1 or 'layer_scale' in name or 'grn.' in name or name.endswith(SPREAD):
                p.add_(torch.randn(p.shape, generator=generator) * 0.1)
            if 'layer_scale' in name:
                p.add_(0.3)
    return model


def plain_call(model, x):
    return model(x)


def fit(model, side, generator, call=plain_call):
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm1d)):
            module.momentum = None
            module.reset_running_stats()
    # Only batch norms learn: dropout and stochastic depth stay as they are at inference.
    model.eval()
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.BatchNorm1d)):
            module.train()
    with torch.no_grad():
        call(model, torch.rand(FITTED, 3, side, side, generator=generator) * 2 - 1)
    return model.eval()


def tap_names(model, dots=(1, 2)):
    """Modules spread over the network, from its outside and its inside, in the order in which they run."""
    outer = [n for n, _ in model.named_children() if not n.lower().startswith('aux')]
    inner = [n for n, m in model.named_modules() if n.count('.') in dots and not n.lower().startswith('aux')
             and not isinstance(m, (nn.Dropout, nn.Identity, nn.ReLU))]
    picked = [inner[i] for i in np.linspace(0, len(inner) - 1, MOST_TAPS).astype(int)] if inner else []
    return list(dict.fromkeys(outer + picked))


def run(model, x, names, call=plain_call):
    kept = {}
    modules = dict(model.named_modules())
    hooks = [modules[n].register_forward_hook(lambda _m, _i, o, n=n: kept.__setitem__(n, o.detach().clone() if torch.is_tensor(o) else None))
             for n in names]
    with torch.no_grad():
        out = call(model, x)
    kept.update(out if isinstance(out, dict) else {'': out})
    for h in hooks:
        h.remove()
    return {n: o.double().numpy() for n, o in kept.items() if torch.is_tensor(o)}


def make(out, name, seed=1):
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    side = side_of(name)
    model = fit(spread(build(name), generator), side, generator)
    write(out, name, model, side, tap_names(model, DOTS.get(name, (1, 2))), model.state_dict(), seed)


def write(out, name, model, side, names, state, seed=1, extra=None, call=plain_call, channels=3):
    folder = os.path.join(out, name)
    os.makedirs(folder, exist_ok=True)
    torch.save(state, os.path.join(folder, 'model.pth'))
    pixels = np.random.default_rng(seed).integers(0, 256, (IMAGES, side, side, channels), dtype=np.uint8)
    np.save(os.path.join(folder, 'pixels.npy'), pixels[..., 0] if channels == 1 else pixels)
    x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).double() / 255 - MEAN) / STD
    # PyTorch's own float32 has several orders of summation: oneDNN's, its own, and that of another layout.
    singles = [run(model, x.float(), names, call)]
    with torch.backends.mkldnn.flags(enabled=False):
        singles.append(run(model, x.float(), names, call))
    singles.append(run(copy.deepcopy(model).to(memory_format=torch.channels_last),
                       x.float().contiguous(memory_format=torch.channels_last), names, call))
    double = run(copy.deepcopy(model).double(), x, names, call)
    taps = {}
    for i, (tap, truth) in enumerate(double.items()):
        np.save(os.path.join(folder, f'tap{i}.npy'), truth.reshape(truth.shape[0], -1))
        error = max(np.sqrt(((single[tap] - truth) ** 2).sum() / (truth ** 2).sum()) for single in singles)
        taps[tap] = {'file': f'tap{i}.npy', 'shape': list(truth.shape[1:]), 'float32': float(error)}
    json.dump({'network': name, 'side': side, 'taps': taps, 'options': extra or {}}, open(os.path.join(folder, 'case.json'), 'w'))
    print(name, flush=True)


if __name__ == '__main__':
    for network in sys.argv[2:]:
        make(sys.argv[1], network, int(os.environ.get('IMAGE_DRIFT_SEED', '1')))
