#!/usr/bin/env python3
"""Make networks as PyTorch exports them, and what PyTorch computes with each in float64 and in float32.

  make.py OUT < requests

Needs current torch, torchvision, timm, transformers, onnx and onnxscript. A request is a line of `networks.txt`, and the
seed of its draw: `LIBRARY:NAME HEIGHTxWIDTH [HEIGHTxWIDTH] [-EXPORTER] seed=N`. Each gets a folder, `LIBRARY-NAME-N`, with `dynamo.onnx`, `torchscript.onnx` and
`program.pt2`, all with a batch of any size, and for each size `pixels.npy` (uint8) and the float64 output of every tap.
`case.json` has the errors of PyTorch's own float32, and says what could not be exported. One line is printed for each.

Weights are random. The statistics of batch norms are fitted to random images, so that values stay in range: where they do not,
to more of them. `case.json` says to how many.
"""
import copy
import json
import logging
import os
import re
import sys
import traceback
import warnings

import numpy as np
import torch
from torch import nn

warnings.filterwarnings('ignore')
logging.disable(logging.WARNING)
torch.backends.mha.set_fastpath_enabled(False)

IMAGES = 5
# Images that statistics are fitted to, first.
FITTED = 4
MOST_FITTED = 256
# Standard deviations that a batch norm may give for the images that are compared. A channel that no image of the fit reaches has a
# variance of nothing; where another image reaches it, that one value is multiplied by hundreds, layer after layer, and the error of
# the whole network is that of one rounding.
IN_RANGE = 1000
MEAN = STD = 0.5
MOST_TAPS = 5
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)
# Exporters fold a batch norm into the convolution before it, so that a convolution's own output is not there.
NO_TAPS = (nn.Conv2d, nn.Dropout, nn.Identity, nn.ModuleList, nn.ModuleDict, nn.MultiheadAttention, *NORMS)
# Parts of timm's and transformers' networks that are made for one size of images.
SIZED = ('vit_', 'deit', 'eva02', 'mixer', 'test_vit')


def torchvision_network(name, side):
    import torchvision.models as models
    options = {'weights': None}
    if name in ('inception_v3', 'googlenet'):
        options['init_weights'] = False
    if name.startswith('vit_'):
        options['image_size'] = side
    return getattr(models, name)(**options)


def timm_network(name, side):
    import timm
    is_sized = name.startswith(SIZED) and 'dinov3' not in name
    return timm.create_model(name, **({'img_size': side} if is_sized else {}))


class Outputs(nn.Module):
    """The last hidden state and, where there is one, what the pooler gives."""

    def __init__(self, model):
        super().__init__()
        self.m = model

    def forward(self, x):
        found = self.m(pixel_values=x)
        pooled = getattr(found, 'pooler_output', None)
        return found.last_hidden_state if pooled is None else (found.last_hidden_state, pooled)


def transformers_network(name, side):
    import transformers as t
    tokens = dict(hidden_size=64, num_hidden_layers=3, num_attention_heads=4, intermediate_size=128, image_size=side)
    small = dict(hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 2, 1])
    configs = {
        'resnet': lambda: (t.ResNetModel, t.ResNetConfig(embedding_size=16, **small)),
        'vit': lambda: (t.ViTModel, t.ViTConfig(**tokens, patch_size=16)),
        'dinov2': lambda: (t.Dinov2Model, t.Dinov2Config(**tokens, patch_size=14)),
        'dinov2_with_registers': lambda: (
            t.Dinov2WithRegistersModel, t.Dinov2WithRegistersConfig(**tokens, patch_size=14)),
        'dinov3_vit': lambda: (t.DINOv3ViTModel, t.DINOv3ViTConfig(**tokens, patch_size=16, num_register_tokens=4)),
        'clip_vision': lambda: (t.CLIPVisionModel, t.CLIPVisionConfig(**tokens, patch_size=16)),
        'siglip_vision': lambda: (t.SiglipVisionModel, t.SiglipVisionConfig(**tokens, patch_size=16)),
        'convnext': lambda: (t.ConvNextModel, t.ConvNextConfig(**small)),
        'convnextv2': lambda: (t.ConvNextV2Model, t.ConvNextV2Config(**small)),
        'swin': lambda: (t.SwinModel, t.SwinConfig(
            image_size=side, embed_dim=24, depths=[2, 2], num_heads=[2, 4], window_size=4)),
        'efficientnet': lambda: (t.EfficientNetModel, t.EfficientNetConfig(
            width_coefficient=0.5, depth_coefficient=0.5, hidden_dim=640)),
        'mobilenet_v2': lambda: (t.MobileNetV2Model, t.MobileNetV2Config(depth_multiplier=0.5)),
        'beit': lambda: (t.BeitModel, t.BeitConfig(**tokens, patch_size=16)),
    }
    kind, config = configs[name]()
    return Outputs(kind(config))


LIBRARIES = {'tv': torchvision_network, 'timm': timm_network, 'hf': transformers_network}


def spread(model, generator):
    """Parameters that an untrained network has at 0 or 1 would hide mistakes."""
    with torch.no_grad():
        for name, p in model.named_parameters():
            is_scale = re.search(r'gamma|layer_scale|lambda|(^|\.)ls\d', name) is not None
            if p.dim() <= 1 or is_scale or re.search(r'token|pos_embed|position_embed|bias_table', name):
                p.add_(torch.randn(p.shape, generator=generator) * 0.1)
            if is_scale:
                p.add_(0.3)
    return model


def fit_in_range(model, sizes, seed, generator):
    """How many images it took."""
    images = FITTED
    fit(model, *sizes[0], generator, images)
    while images < MOST_FITTED and farthest(model, sizes, seed) > IN_RANGE:
        images *= 4
        fit(model, *sizes[0], generator, images)
    return images


def farthest(model, sizes, seed):
    """The largest value that a batch norm gives before its scale and shift, for all images that are compared."""
    found = [0.0]

    def look(norm, given, _output):
        [x] = given
        shape = [1, -1] + [1] * (x.dim() - 2)
        deviation = (norm.running_var + norm.eps).sqrt().view(shape)
        found.append(((x - norm.running_mean.view(shape)) / deviation).abs().max().item())

    norms = [m for m in model.modules() if isinstance(m, NORMS) and m.track_running_stats]
    hooks = [norm.register_forward_hook(look) for norm in norms]
    for i, (height, width) in enumerate(sizes if norms else []):
        # A network that does not take a second size is not compared at it.
        takes(model, pixels_and_input(height, width, seed + i)[1])
    for hook in hooks:
        hook.remove()
    return max(found)


def fit(model, height, width, generator, images):
    norms = [m for m in model.modules() if isinstance(m, NORMS) and m.track_running_stats]
    for module in norms:
        module.momentum = None
        module.reset_running_stats()
    # Only batch norms learn: dropout and stochastic depth stay as they are at inference.
    model.eval()
    for module in norms:
        module.train()
    with torch.no_grad():
        model(torch.rand(images, 3, height, width, generator=generator) * 2 - 1)
    model.eval()


def outputs_of(model, x):
    with torch.no_grad():
        found = model(x)
    return list(found) if isinstance(found, (tuple, list)) else [found]


def tap_names(model, x):
    """Modules spread over the network that give one tensor for the batch, in the order in which they run."""
    ran = []
    hooks = [m.register_forward_hook(lambda _m, _i, o, n=n: ran.append(n) if is_tap(o) else None)
             for n, m in model.named_modules() if n not in ('', 'm') and not isinstance(m, NO_TAPS)]
    outputs_of(model, x)
    for hook in hooks:
        hook.remove()
    names = list(dict.fromkeys(ran))
    return [names[i] for i in dict.fromkeys(np.linspace(0, len(names) - 1, MOST_TAPS).astype(int))]


def is_tap(output):
    return torch.is_tensor(output) and output.shape[0] == IMAGES


def run(model, x, names):
    """By name; the network's last output is ''."""
    kept = {}
    modules = dict(model.named_modules())
    hooks = [modules[n].register_forward_hook(lambda _m, _i, o, n=n: kept.__setitem__(n, o.detach().clone()))
             for n in names]
    kept[''] = outputs_of(model, x)[-1]
    for hook in hooks:
        hook.remove()
    return {n: o.double().numpy() for n, o in kept.items()}


def pixels_and_input(height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (IMAGES, height, width, 3), dtype=np.uint8)
    return pixels, (torch.from_numpy(pixels).permute(0, 3, 1, 2).double() / 255 - MEAN) / STD


def takes(model, x):
    try:
        outputs_of(model, x.float())
        return True
    except Exception:
        return False


def describe(folder, model, height, width, names, seed):
    """Writes what PyTorch computes for images of one size. Null if the network does not take them."""
    pixels, x = pixels_and_input(height, width, seed)
    if not takes(model, x):
        return None
    # PyTorch's own float32 has several orders of summation: oneDNN's, its own, and that of another layout.
    singles = [run(model, x.float(), names)]
    with torch.backends.mkldnn.flags(enabled=False):
        singles.append(run(model, x.float(), names))
    singles.append(run(copy.deepcopy(model).to(memory_format=torch.channels_last),
                       x.float().contiguous(memory_format=torch.channels_last), names))
    truths = run(copy.deepcopy(model).double(), x, names)
    size = f'{height}x{width}'
    np.save(os.path.join(folder, f'{size}.npy'), pixels)
    taps = {}
    for i, (name, truth) in enumerate(truths.items()):
        file = f'{size}-{i}.npy'
        np.save(os.path.join(folder, file), truth.reshape(IMAGES, -1))
        taps[name] = {'file': file, 'errors': errors_of([single[name] for single in singles], truth)}
    return {'size': [height, width], 'pixels': f'{size}.npy', 'taps': taps}


def errors_of(singles, truth):
    """Of all images, and of the first: the relative error of each order of summation."""
    def errors(rows):
        return [float(np.sqrt(((s[:rows] - truth[:rows]) ** 2).sum() / (truth[:rows] ** 2).sum())) for s in singles]
    return {'5': errors(IMAGES), '1': errors(1)}


def export_all(folder, model, x, left_out):
    """What could not be written, with the reason."""
    batch = ({0: torch.export.Dim.DYNAMIC},)
    failures = {}
    program = []

    def exported():
        if not program:
            program.append(torch.export.export(model, (x,), dynamic_shapes=batch))
        return program[0]

    def to_pt2():
        torch.export.save(exported(), os.path.join(folder, 'program.pt2'))

    def to_dynamo():
        torch.onnx.export(exported(), (), os.path.join(folder, 'dynamo.onnx'), dynamo=True, verbose=False)

    def to_torchscript():
        torch.onnx.export(model, (x,), os.path.join(folder, 'torchscript.onnx'), dynamo=False, opset_version=20,
                          input_names=['x'], dynamic_axes={'x': {0: 'N'}})

    for kind, write in (('pt2', to_pt2), ('dynamo', to_dynamo), ('torchscript', to_torchscript)):
        if kind in left_out:
            continue
        try:
            write()
        except Exception as error:
            failures[kind] = f'{type(error).__name__}: {error}'.split('\n')[0][:300]
    return failures


def make(out, line):
    name, *rest, last = line.split()
    seed = int(last.removeprefix('seed='))
    sizes = [tuple(map(int, word.split('x'))) for word in rest if not word.startswith('-')]
    left_out = [word[1:] for word in rest if word.startswith('-')]
    library, own = name.split(':')
    torch.manual_seed(seed)
    torch._dynamo.reset()
    generator = torch.Generator().manual_seed(seed)
    height, width = sizes[0]
    model = spread(LIBRARIES[library](own, height), generator)
    fitted = fit_in_range(model, sizes, seed, generator)
    folder = os.path.join(out, f"{name.replace(':', '-')}-{seed}")
    os.makedirs(folder, exist_ok=True)
    x = pixels_and_input(height, width, seed)[1].float()
    names = tap_names(model, x)
    found = [describe(folder, model, *size, names, seed + i) for i, size in enumerate(sizes)]
    failures = export_all(folder, model, x[:2], left_out)
    parameters = sum(p.numel() for p in model.parameters())
    case = {'network': name, 'parameters': parameters, 'fitted': fitted, 'sizes': [each for each in found if each], 'failures': failures}
    with open(os.path.join(folder, 'case.json'), 'w') as file:
        json.dump(case, file)


def main():
    # Exporters print; answers must be alone on their line.
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in iter(sys.stdin.readline, ''):
        try:
            make(sys.argv[1], line.strip())
            answer = 'made'
        except Exception as error:
            traceback.print_exc()
            answer = f'{type(error).__name__}: {error}'.split('\n')[0]
        print(answer, file=answers, flush=True)


if __name__ == '__main__':
    main()
