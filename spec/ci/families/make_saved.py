#!/usr/bin/env python3
"""Make checkpoints as people bring them, and what PyTorch computes with each: embedding, logits and scores.

  make_saved.py OUT TOOL [NAME...]

TOOL is the script `user_checkpoints.py` of the shared test data, which writes the checkpoints with random weights. Needs a current
torch with torchvision, timm and safetensors. The files beside each checkpoint are those of make.py.
"""
import os, re, shutil, subprocess, sys
import torch, torchvision.models as tv
from torch import nn
import timm
from make import write

# Sides of images where the network does not take 64 pixels.
SIDES = {'torchvision_inception_v3': 107, 'torchvision_googlenet': 75, 'torchvision_alexnet': 75, 'torchvision_squeezenet1_1': 75,
         'torchvision_vit_b_32': 224, 'torchvision_swin_t': 224, 'timm_vit_tiny_patch16_224': 224, 'timm_vit_small_patch14_dinov2': 518}
# Networks that need their name, as two have the same tensors.
SAID = ('timm_mobilenetv3_small_100', 'timm_efficientnet_b0')
# What stands before the names of the network.
PREFIXES = {'lightning_net': 'net.', 'lightning_backbone': 'backbone.', 'lightning_encoder_and_head': 'encoder.',
            'data_parallel_compiled': 'module._orig_mod.'}


def resnet(**parts):
    model = tv.resnet18(num_classes=10)
    for name, part in parts.items():
        setattr(model, name, part)
    return model


def stem(channels):
    return nn.Conv2d(channels, 64, 7, 2, 3, bias=False)


OTHERS = {
    'stem_cifar': lambda: resnet(conv1=nn.Conv2d(3, 64, 3, 1, 1, bias=False), maxpool=nn.Identity()),
    'one_channel': lambda: resnet(conv1=stem(1)),
    'four_channels': lambda: resnet(conv1=stem(4)),
    'head_dropout': lambda: resnet(fc=nn.Sequential(nn.Dropout(), nn.Linear(512, 10))),
    'head_batch_norm': lambda: resnet(fc=nn.Sequential(nn.Linear(512, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(), nn.Linear(128, 10))),
    'head_none': lambda: resnet(fc=nn.Identity()),
    'mobilenet_v2_half_width': lambda: tv.mobilenet_v2(weights=None, width_mult=.5),
}


def build(name):
    library, _, network = name.partition('_')
    if library == 'timm':
        return timm.create_model(network, num_classes=10)
    if library == 'torchvision':
        options = {'init_weights': False} if network in ('inception_v3', 'googlenet') else {}
        return getattr(tv, network)(weights=None, **options)
    return OTHERS.get(name, resnet)()


def hub_name(name):
    """torchvision's name of a tensor of transformers' ResNet."""
    name = re.sub(r'^classifier\.1\.', 'fc.', name)
    name = re.sub(r'^resnet\.embedder\.embedder\.convolution\.', 'conv1.', name)
    name = re.sub(r'^resnet\.embedder\.embedder\.normalization\.', 'bn1.', name)
    name = re.sub(r'^resnet\.encoder\.stages\.(\d)\.layers\.', lambda m: f'layer{int(m[1]) + 1}.', name)
    name = re.sub(r'\.layer\.(\d)\.convolution\.', lambda m: f'.conv{int(m[1]) + 1}.', name)
    name = re.sub(r'\.layer\.(\d)\.normalization\.', lambda m: f'.bn{int(m[1]) + 1}.', name)
    return name.replace('.shortcut.convolution.', '.downsample.0.').replace('.shortcut.normalization.', '.downsample.1.')


def state_of(name, path):
    """The tensors of a checkpoint under the names of the plain network."""
    if os.path.isdir(path):
        from safetensors.torch import load_file
        return {hub_name(k): v for k, v in load_file(os.path.join(path, 'model.safetensors')).items()}
    if path.endswith('scripted.pt'):
        return torch.jit.load(path).state_dict()
    saved = torch.load(path, weights_only=False)
    saved = saved.state_dict() if isinstance(saved, nn.Module) else saved
    saved = saved.get('state_dict', saved.get('model', saved))
    prefix = PREFIXES.get(name)
    if prefix is None:
        return saved
    return {k.removeprefix(prefix) if k.startswith(prefix) else k.replace('classifier.', 'fc.'): v for k, v in saved.items()}


def run_whole(name):
    """Logits, scores, and the embedding that convert takes by default."""
    def call(model, x):
        taken = {}
        hooks = [m.register_forward_pre_hook(lambda _m, inputs: taken.__setitem__('last', inputs[0].detach().clone()))
                 for m in model.modules() if isinstance(m, nn.Linear)]
        if name == 'head_batch_norm':
            hooks.append(model.fc[0].register_forward_hook(lambda _m, _i, o: taken.__setitem__('first', o.detach().clone())))
        if 'squeezenet' in name:
            hooks.append(model.features.register_forward_hook(lambda _m, _i, o: taken.__setitem__('first', o.detach().mean((2, 3)))))
        out = model(x)
        for hook in hooks:
            hook.remove()
        if name == 'head_none':
            return {'': out, '@embedding': out}
        # An untrained ViT of torchvision gives zeros, which have no relative error.
        logits = {'': out} if out.any() else {}
        return {**logits, '@scores': out.softmax(-1), '@embedding': taken.get('first', taken.get('last'))}
    return call


def make(out, path):
    file = os.path.basename(path)
    name = file.split('.')[0]
    model = build(name)
    missing, more = model.load_state_dict(state_of(name, path), strict=False)
    if more or any('num_batches_tracked' not in key for key in missing):
        raise ValueError(f'{file}: {missing} are missing, {more} are not known')
    options = {'backbone': 'timm:' + name[len('timm_'):]} if name in SAID else {}
    channels = 1 if name == 'one_channel' else 4 if name == 'four_channels' else 3
    write(out, name, model.eval(), SIDES.get(name, 64), [], {}, extra=options, call=run_whole(name), channels=channels)
    target = os.path.join(out, name, 'model.pth')
    os.remove(target)
    (shutil.copytree if os.path.isdir(path) else shutil.copyfile)(path, target)


if __name__ == '__main__':
    root, tool, *only = sys.argv[1:]
    saved = os.path.join(root, 'saved')
    if not os.path.isdir(saved):
        subprocess.run([sys.executable, tool, saved], check=True)
    for entry in sorted(os.listdir(saved)):
        if not only or entry.split('.')[0] in only:
            make(os.path.join(root, 'cases'), os.path.join(saved, entry))
