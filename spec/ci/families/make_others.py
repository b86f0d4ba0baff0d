#!/usr/bin/env python3
"""Make state dicts of timm's, transformers' and open_clip's networks, and what PyTorch computes with each.

  make_others.py OUT NAME...
  make_others.py --names        prints the networks of the libraries that are there

Needs a current torch with timm and transformers; open_clip's networks are left out where it is not installed. Networks of
transformers are folders as `save_pretrained` writes them, the others are files of `torch.save`. Large networks have fewer blocks.
The files beside them are those of make.py.
"""
import importlib.util, os, shutil, sys
import timm, torch
import transformers as hf
from make import IMAGES, fit, spread, tap_names, write  # noqa: F401

SMALL = {'num_classes': 10}


def of_timm(name, side, said=False, **options):
    """`said`: whether the name is needed, as `config.json` has it."""
    def make():
        args = {**SMALL, **options}
        model = timm.create_model(name, **args)
        hints = {'library': 'timm', 'architecture': name, 'config': {'model_args': args}}
        return model, lambda m, x: m(x), {'hints': hints} if said else {}
    return make, side


def merged(network):
    """Each block's branches as the one convolution that they become when all is fitted."""
    build, side = network
    return (lambda: (*build()[:2], {'after': timm.utils.reparameterize_model})), side


def of_hf(model_class, config, side, pick=lambda out: out.logits, **call):
    return (lambda: (model_class(config), lambda m, x: pick(m(pixel_values=x, **call)), None)), side


def of_open_clip(name, side, layers=2):
    def make():
        import open_clip
        config = open_clip.get_model_config(name)
        config['vision_cfg'].update(layers=layers, image_size=side)
        config['text_cfg'].update(layers=1)
        model = open_clip.CLIP(**{k: v for k, v in config.items() if k in ('embed_dim', 'vision_cfg', 'text_cfg', 'quick_gelu')})
        return model, lambda m, x: m.encode_image(x), {'backbone': f'open_clip:{name}', 'text': True}
    return make, side


def vit_config(cls, **more):
    return cls(**{'hidden_size': 192, 'intermediate_size': 768, 'num_hidden_layers': 3, 'num_attention_heads': 3, 'image_size': 64,
                  'patch_size': 16, **more})


def pooled(out):
    return out.pooler_output.flatten(1)


def image_embeds(out):
    return out.image_embeds


# Chosen before any of them was tried.
NETWORKS = {
    'timm-resnet18d': of_timm('resnet18d', 64),
    'timm-seresnet50': of_timm('seresnet50', 64, layers=[1, 1, 1, 1]),
    'timm-densenet121': of_timm('densenet121', 64),
    'timm-mobilenetv2_100': of_timm('mobilenetv2_100', 64),
    'timm-mobilenetv3_small_100': of_timm('mobilenetv3_small_100', 64, said=True),
    'timm-mobilenetv3_large_100-no-head': of_timm('mobilenetv3_large_100', 64, said=True, num_classes=0),
    'timm-efficientnet_b0': of_timm('efficientnet_b0', 64, said=True),
    'timm-tf_efficientnetv2_b0': of_timm('tf_efficientnetv2_b0', 64, said=True),
    'timm-regnety_004': of_timm('regnety_004', 64),
    'timm-repvgg_a0': of_timm('repvgg_a0', 64),
    'timm-repvgg_a0-merged': merged(of_timm('repvgg_a0', 64)),
    'timm-convnext_atto': of_timm('convnext_atto', 64),
    'timm-convnextv2_atto': of_timm('convnextv2_atto', 64),
    'timm-convnextv2_nano': of_timm('convnextv2_nano', 64, depths=(1, 1, 2, 1)),
    'timm-vit_tiny_patch16_224': of_timm('vit_tiny_patch16_224', 64, img_size=64, depth=4),
    'timm-vit_small_patch14_dinov2': of_timm('vit_small_patch14_dinov2', 70, img_size=126, depth=3, num_classes=0, dynamic_img_size=True),
    'timm-vit_small_patch14_reg4_dinov2': of_timm('vit_small_patch14_reg4_dinov2', 70, img_size=70, depth=3, num_classes=0),
    'timm-vit_small_patch16_dinov3': of_timm('vit_small_patch16_dinov3', 96, depth=3, num_classes=0),
    'timm-vit_small_patch16_dinov3_qkvb': of_timm('vit_small_patch16_dinov3_qkvb', 80, depth=3, num_classes=0),
    'timm-deit3_small_patch16_224': of_timm('deit3_small_patch16_224', 64, img_size=64, depth=3),
    'timm-deit_tiny_distilled_patch16_224': of_timm('deit_tiny_distilled_patch16_224', 64, img_size=64, depth=3),
    'timm-deit_tiny_distilled_patch16_224-no-head': of_timm('deit_tiny_distilled_patch16_224', 64, img_size=64, depth=3, num_classes=0),
    'timm-vit_base_patch16_siglip_224': of_timm('vit_base_patch16_siglip_224', 64, said=True, img_size=64, depth=2, num_classes=0),
    'timm-vit_base_patch32_siglip_256': of_timm('vit_base_patch32_siglip_256', 64, said=True, img_size=64, depth=2, num_classes=0),
    'timm-vit_base_patch32_clip_quickgelu_224': of_timm('vit_base_patch32_clip_quickgelu_224', 64, said=True, img_size=64, depth=2),
    'timm-resnet50_clip': of_timm('resnet50_clip', 64, num_classes=24),
    'timm-resnet50_clip-no-head': of_timm('resnet50_clip', 96, num_classes=0),
    'timm-swin_tiny_patch4_window7_224': of_timm('swin_tiny_patch4_window7_224', 112, img_size=112, depths=(2, 2, 2, 2)),
    'timm-swinv2_tiny_window8_256': of_timm('swinv2_tiny_window8_256', 128, said=True, img_size=128, depths=(2, 2, 2, 2)),
    'timm-swinv2_base_window12to16_192to256': of_timm('swinv2_base_window12to16_192to256', 256, said=True, depths=(2, 2, 2, 2)),
    'hf-vit': of_hf(hf.ViTModel, vit_config(hf.ViTConfig), 64, pooled),
    'hf-deit': of_hf(hf.DeiTForImageClassification, vit_config(hf.DeiTConfig, num_labels=10), 64),
    'hf-deit-distilled': of_hf(hf.DeiTForImageClassificationWithTeacher, vit_config(hf.DeiTConfig, num_labels=10), 64),
    'hf-dinov2': of_hf(hf.Dinov2Model, vit_config(hf.Dinov2Config, image_size=126, patch_size=14), 70, pooled),
    'hf-dinov2_with_registers': of_hf(hf.Dinov2WithRegistersModel, vit_config(hf.Dinov2WithRegistersConfig, image_size=126, patch_size=14), 70,
                                      pooled),
    'hf-dinov3': of_hf(hf.DINOv3ViTModel, vit_config(hf.DINOv3ViTConfig, image_size=96, num_register_tokens=4), 80, pooled),
    'hf-clip': of_hf(hf.CLIPVisionModelWithProjection, vit_config(hf.CLIPVisionConfig, hidden_act='gelu'), 64, image_embeds),
    'hf-siglip': of_hf(hf.SiglipVisionModel, vit_config(hf.SiglipVisionConfig), 64, pooled),
    'hf-convnext': of_hf(hf.ConvNextForImageClassification, hf.ConvNextConfig(hidden_sizes=[40, 80, 160, 320], depths=[2, 2, 2, 2], layer_norm_eps=1e-6),
                         64),
    'hf-convnextv2': of_hf(hf.ConvNextV2ForImageClassification, hf.ConvNextV2Config(hidden_sizes=[40, 80, 160, 320], depths=[2, 2, 2, 2]), 64),
    'hf-swin': of_hf(hf.SwinForImageClassification, hf.SwinConfig(embed_dim=48, depths=[2, 2, 2], num_heads=[2, 4, 8], image_size=112), 112),
    'hf-swinv2': of_hf(hf.Swinv2ForImageClassification,
                       hf.Swinv2Config(embed_dim=48, depths=[2, 2, 2], num_heads=[2, 4, 8], image_size=128, window_size=16, pretrained_window_sizes=[12, 12, 6]), 128),
    'hf-resnet': of_hf(hf.ResNetForImageClassification, hf.ResNetConfig(depths=[1, 1, 1, 1], hidden_sizes=[64, 128, 256, 512]), 64),
    'hf-regnet': of_hf(hf.RegNetForImageClassification, hf.RegNetConfig(hidden_sizes=[48, 96, 192, 384], depths=[1, 1, 2, 1], groups_width=24), 64),
    'open_clip-ViT-B-32': of_open_clip('ViT-B-32', 64),
    'open_clip-ViT-B-32-quickgelu': of_open_clip('ViT-B-32-quickgelu', 64),
}


# Modules whose names mean something else here: timm's ends with a ReLU, torchvision's does not.
OTHERS_HERE = {'timm-densenet121': ['features']}


def visual_taps(model, options):
    """The tower of a network that has text, too."""
    if not (options or {}).get('text'):
        return tap_names(model)
    return [name for name in tap_names(model.visual) for name in [f'visual.{name}'] if '.attn.' not in name]


def is_there(name):
    """Whether the library of a network is installed."""
    return importlib.util.find_spec({'hf': 'transformers'}.get(name.split('-')[0], name.split('-')[0])) is not None


def make(out, name, seed):
    build, side = NETWORKS[name]
    shutil.rmtree(os.path.join(out, name), ignore_errors=True)
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model, call, options = build()
    options = options or {}
    model = options.pop('after', lambda m: m)(fit(spread(model, generator), side, generator, call))
    names = [tap for tap in visual_taps(model, options) if tap not in OTHERS_HERE.get(name, [])]
    options = {key: value for key, value in options.items() if key != 'text'}
    write(out, name, model, side, names, model.state_dict(), seed, extra=options, call=call)
    if name.startswith('hf-'):
        folder = os.path.join(out, name, 'model.pth')
        os.remove(folder)
        model.save_pretrained(folder)


if __name__ == '__main__':
    root, *chosen = sys.argv[1:]
    if root == '--names':
        print('\n'.join(name for name in NETWORKS if is_there(name)))
    for network in chosen:
        make(root, network, int(os.environ.get('IMAGE_DRIFT_SEED', '1')))
