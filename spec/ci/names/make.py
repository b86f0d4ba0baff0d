#!/usr/bin/env python3
"""Makes networks of timm as folders, and what PyTorch computes with each in float64:

  make.py FOLDER < requests

A request is a line of JSON: `name`, `args` for `timm.create_model`, and `draw`, which numbers draws of weights. Each replaces what is in FOLDER: `model.safetensors`
and `config.json` as `timm.models.save_for_hf` writes them, `pixels.npy` (uint8, one image), `embedding.npy`, and `logits.npy` where there are
classes. One line answers each: `{"side": …, "parameters": …}` or `{"error": …}`.

Weights are random, and chosen so that a wrong activation, ε, pooling or stride shows: values go beyond 6, what the first norms get is
small beside ε, statistics and biases are those of no fresh network, and logits are far apart.
"""
import json
import logging
import os
import sys
import warnings
import zlib

import numpy as np
import timm
import torch
from safetensors.torch import save_file
from timm.models._hub import save_config_for_hf
from torch import nn

warnings.filterwarnings('ignore')
logging.disable(logging.WARNING)
torch.set_num_threads(1)

MEAN = STD = 0.5
CLASSES = 10
# Images that statistics are fitted to. A channel that they hardly reach would multiply what one other image puts there.
FITTED = 8
LEAST_SHARE = 0.25
# What later draws multiply the last norm of a block by.
CALM = 0.2
# Standard deviation of the logits.
APART = 2
# The first values are so small that ε counts.
FIRST = 0.02
TOKENS = ('cls_token', 'dist_token', 'reg_token', 'pos_embed', 'latent')


def size_args(name, args):
    """The smallest images: four patches a side, windows that fit, or two places in the last map."""
    if 'img_size' in args:
        return args['img_size'], {}
    config = timm.get_pretrained_cfg(name)
    usual = config.input_size[-1]
    if name.startswith('swinv2'):
        side = usual if 'to' in name else 128 if usual == 256 else 96
    elif name.startswith('swin'):
        side = 112 if usual == 224 else 192
    elif config.fixed_input_size or 'dinov3' in name:
        patch = 32 if 'patch32' in name else 8 if 'patch8' in name else 14 if 'patch14' in name else 16
        return 4 * patch, {'img_size': 4 * patch}
    elif 'clip' in name:
        return 64, {'img_size': 64}
    else:
        return {'inception_v3': 107}.get(name, 64), {}
    return side, {'img_size': side}


def calm(model):
    """Makes what a block adds to its input small, so that a deep network does not multiply rounding errors."""
    with torch.no_grad():
        for name, m in model.named_modules():
            if isinstance(m, nn.BatchNorm2d) and (name.endswith('bn3') or isinstance(getattr(m, 'act', None), nn.Identity)):
                m.weight.mul_(CALM)


def spread(model, generator):
    draw = lambda p: torch.randn(p.shape, generator=generator)
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith(TOKENS):
                p.copy_(draw(p) * 0.5 * FIRST)
            elif 'bias_table' in name:
                p.copy_(draw(p))
            elif 'logit_scale' in name:
                continue
            elif 'gamma' in name:
                p.copy_(0.3 + 0.4 * torch.rand(p.shape, generator=generator))
            elif p.dim() >= 2:
                p.copy_(draw(p) * (p.numel() / p.shape[0]) ** -0.5)
            elif name.endswith('bias'):
                p.copy_(draw(p) * 0.3)
            else:
                p.copy_(0.5 + torch.rand(p.shape, generator=generator))
        for m in model.modules():
            if isinstance(m, nn.BatchNorm2d):
                m.weight.mul_(1.5)
        convolutions[0].weight.mul_(FIRST)
        if convolutions[0].bias is not None:
            convolutions[0].bias.mul_(FIRST)


def fit(model, side, channels, generator, images):
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    if not norms:
        return
    for m in norms:
        m.momentum = None
        m.reset_running_stats()
        m.train()
    with torch.no_grad():
        model(torch.rand(images, channels, side, side, generator=generator) * 2 - 1)
        for m in norms:
            m.running_var.clamp_(min=LEAST_SHARE * m.running_var.median())
            m.running_var.mul_(0.8 + 0.4 * torch.rand(m.running_var.shape, generator=generator))
            m.eval()


def set_apart(model, x):
    heads = model.get_classifier()
    _, logits = run(model, x)
    with torch.no_grad():
        for head in heads if isinstance(heads, tuple) else (heads,):
            for p in head.parameters():
                p.mul_(APART / logits.std())


def run(model, x):
    """What the head takes, and the logits."""
    with torch.no_grad():
        features = model.forward_features(x)
        before = model.forward_head(features, pre_logits=True)
        hidden = getattr(getattr(model, 'head', None), 'pre_logits', None)
        if hasattr(hidden, 'fc'):
            # The embedding is what the hidden layer gives, before its activation.
            found = []
            handle = hidden.fc.register_forward_hook(lambda module, inputs, output: found.append(output))
            model.forward_head(features)
            handle.remove()
            before = found[0]
        if isinstance(before, tuple):
            before = sum(before) / len(before)
        return before, model.forward_head(features)


def error_of(found, truth):
    return float((found.double() - truth).abs().max() / truth.abs().max())


def make(folder, name, args, draw):
    seed = zlib.crc32(json.dumps([name, args, *([draw] if draw else [])], sort_keys=True).encode())
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    side, sized = size_args(name, args)
    model = timm.create_model(name, **{'num_classes': CLASSES, **sized, **args}).eval()
    spread(model, generator)
    if draw > 0:
        calm(model)
    channels = args.get('in_chans', 3)
    fit(model, side, channels, generator, FITTED if draw == 0 else 4 * FITTED)
    for each in os.listdir(folder):
        if each.endswith(('.npy', '.safetensors', '.json')):
            os.remove(os.path.join(folder, each))
    pixels = np.random.default_rng(seed).integers(0, 256, (1, side, side, channels), dtype=np.uint8)
    np.save(os.path.join(folder, 'pixels.npy'), pixels[..., 0] if channels == 1 else pixels)
    x = (torch.from_numpy(pixels).permute(0, 3, 1, 2).double() / 255 - MEAN) / STD
    if model.num_classes > 0 and not name.endswith('_clip'):
        set_apart(model, x.float())
    save_file({k: v.contiguous().clone() for k, v in model.state_dict().items()}, os.path.join(folder, 'model.safetensors'))
    save_config_for_hf(model, os.path.join(folder, 'config.json'))
    parameters = sum(p.numel() for p in model.parameters())
    single = run(model, x.float())
    embedding, logits = run(model.double(), x)
    # CLIP's classes are what its projection gives.
    projects = name.endswith('_clip')
    np.save(os.path.join(folder, 'embedding.npy'), (logits if projects else embedding).numpy().reshape(1, -1))
    if model.num_classes > 0 and not projects:
        np.save(os.path.join(folder, 'logits.npy'), logits.numpy())
    errors = [error_of(single[0], embedding), error_of(single[1].softmax(-1), logits.softmax(-1))]
    return {'side': side, 'parameters': parameters, 'single': max(errors)}


def main(folder):
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = make(folder, request['name'], request['args'], request['draw'])
        except Exception as error:  # noqa: BLE001: it is told
            answer = {'error': f'{type(error).__name__}: {error}'[:300]}
        print(json.dumps(answer), flush=True)


main(sys.argv[1])
