#!/usr/bin/env python3
"""Detectors and segmenters with random weights, as their own libraries export them, and what PyTorch computes of a layer.

  detectors.py export NAME IMAGES.bin OUT.onnx
  detectors.py reference NAME IMAGES.bin TAP POOL OUT.npz

Needs torch, torchvision and transformers; for U-Net segmentation_models_pytorch, for YOLO ultralytics, whose licence is the
AGPL: they belong into a virtual environment, not into this repository. IMAGES are uint8, [N, 128, 128, 3]; networks get
(pixel / 255 - 0.5) / 0.5. Weights are drawn by one seed, statistics of batch norms are those of the images. OUT.npz has the
pooled layer in float64 (`exact`) and in float32 (`single`).
"""
import shutil
import sys
import warnings

import numpy as np
import torch
from torch import nn

warnings.filterwarnings('ignore')
torch.manual_seed(38)
SIDE = 128
FITTED = 8


def detr():
    from transformers import DetrConfig, DetrForObjectDetection, ResNetConfig
    stages = dict(layer_type='basic', hidden_sizes=[64, 128, 256, 512], depths=[2, 2, 2, 2], out_features=['stage4'])
    backbone = dict(use_timm_backbone=False, use_pretrained_backbone=False, backbone=None)
    sizes = dict(encoder_layers=2, decoder_layers=2, d_model=128, encoder_attention_heads=4, decoder_attention_heads=4)
    wide = dict(encoder_ffn_dim=256, decoder_ffn_dim=256)
    return DetrForObjectDetection(DetrConfig(backbone_config=ResNetConfig(**stages), **backbone, **sizes, **wide))


def network(name):
    if name == 'ssdlite320_mobilenet_v3_large':
        from torchvision.models import detection
        return detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None)
    if name == 'deeplabv3_mobilenet_v3_large':
        from torchvision.models import segmentation
        return segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None)
    if name == 'detr':
        return detr()
    if name == 'segformer':
        from transformers import SegformerConfig, SegformerForSemanticSegmentation
        return SegformerForSemanticSegmentation(SegformerConfig())
    if name == 'unet':
        import segmentation_models_pytorch as smp
        return smp.Unet('resnet18', encoder_weights=None)
    from ultralytics import YOLO
    return YOLO(f'{name}.yaml').model


def takes_list(name):
    return name.startswith('ssdlite')


def given(name, images, dtype=torch.float32):
    x = (torch.from_numpy(images).permute(0, 3, 1, 2).to(dtype) / 255 - 0.5) / 0.5
    return list(x) if takes_list(name) else x


def fitted(name, images):
    """Batch norms see the images as trained ones see theirs."""
    model = network(name).eval()
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
        norm.reset_running_stats()
        norm.train()
    with torch.no_grad():
        model(given(name, images[:FITTED]))
    return model.eval()


def export(name, images, out):
    model = fitted(name, images)
    if name.startswith('yolo'):
        from ultralytics import YOLO
        yolo = YOLO(f'{name}.yaml')
        yolo.model.load_state_dict(model.state_dict())
        return shutil.move(yolo.export(format='onnx', imgsz=SIDE, opset=17, simplify=False), out)
    x = given(name, images[:1])
    torch.onnx.export(model, (x,), out, dynamo=False, opset_version=17, input_names=['images'])


class Found(Exception):
    pass


def tensor_of(output):
    """The last of a dictionary or a list of maps, which is the deepest; the first of a tuple."""
    while not torch.is_tensor(output):
        values = list(output.values()) if hasattr(output, 'values') else list(output)
        is_named = hasattr(output, 'keys') and not hasattr(output, 'last_hidden_state')
        output = values[-1] if is_named or isinstance(output, list) else values[0]
    return output


def pooled(model, name, images, tap, pool, dtype):
    found = []

    def keep(_module, _args, output):
        found.append(tensor_of(output))
        raise Found

    module = model.to(dtype).get_submodule(tap)
    # torchvision's SSD runs the parts of its list itself.
    while isinstance(module, (nn.Sequential, nn.ModuleList)):
        module = module[-1]
    handle = module.register_forward_hook(keep)
    with torch.no_grad():
        for image in images:
            try:
                model(given(name, image[None], dtype))
            except Found:
                pass
    handle.remove()
    y = torch.cat(found).double()
    axes = (2, 3) if y.ndim == 4 else (1,)
    return (y[:, 0] if pool == 'cls' else y.amax(axes) if pool == 'max' else y.mean(axes)).numpy()


def reference(name, images, tap, pool, out):
    model = fitted(name, images)
    single = pooled(model, name, images, tap, pool, torch.float32)
    np.savez(out, exact=pooled(model, name, images, tap, pool, torch.float64), single=single)


what, name, images, *rest = sys.argv[1:]
{'export': export, 'reference': reference}[what](name, np.fromfile(images, np.uint8).reshape(-1, SIDE, SIDE, 3), *rest)
