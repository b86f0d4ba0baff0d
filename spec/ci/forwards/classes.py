"""Every class in the table of `convert/recognition/library-names.ts`, each with three configurations: small, of odd depths
and widths, and with another activation, other ε and other sizes of what may vary."""
import transformers as hf
from folders import RESNET, SWIN, logits_only, mean_of_tokens, pooled, pooler, token

CLASSES = {}
LABELS = dict(num_labels=5)
TOKENS = [
    dict(hidden_size=48, intermediate_size=80, num_hidden_layers=2, num_attention_heads=3, image_size=32, patch_size=8),
    dict(hidden_size=60, intermediate_size=52, num_hidden_layers=5, num_attention_heads=5, image_size=35, patch_size=5, hidden_act='gelu_new', layer_norm_eps=0.003),
    dict(hidden_size=24, intermediate_size=24, num_hidden_layers=1, num_attention_heads=1, image_size=48, patch_size=16, hidden_act='quick_gelu', layer_norm_eps=0.1),
]


def add(name, configs, run):
    for i, config in enumerate(configs):
        CLASSES[f'{name}_{i}'] = lambda c, config=config: write(c, name, config, run)


def write(c, name, config, run):
    model = getattr(hf, name)
    size = {**config, **config.get('vision_config', {})}.get('image_size', 64)
    c.write(model(model.config_class(**config)), run, 'right', save='folder', size=size)


def with_(*more):
    return [{**config, **extra} for config, extra in zip(TOKENS, more)]


bias = with_({}, {}, {'qkv_bias': False})
add('ViTModel', bias, pooler)
add('ViTForImageClassification', [{**c, **LABELS} for c in bias], token)
add('DeiTModel', bias, pooler)
add('DeiTForImageClassification', [{**c, **LABELS} for c in bias], token)
add('DeiTForImageClassificationWithTeacher', [{**c, **LABELS} for c in bias], logits_only)


def dino(*more):
    return [{k: v for k, v in {**config, 'mlp_ratio': 2, **extra}.items() if k != 'intermediate_size'} for config, extra in zip(TOKENS, more)]


add('Dinov2Model', dino({}, {'mlp_ratio': 3}, {'qkv_bias': False}), pooler)
add('Dinov2ForImageClassification', dino(LABELS, {**LABELS, 'mlp_ratio': 3}, {**LABELS, 'qkv_bias': False}), logits_only)
add('Dinov2WithRegistersModel', dino({}, {'num_register_tokens': 1}, {'num_register_tokens': 7}), pooler)
add('DINOv3ViTModel', [{**TOKENS[0], 'num_register_tokens': 4}, {**TOKENS[1], 'num_attention_heads': 3, 'rope_theta': 30.0}, {**TOKENS[2], 'num_register_tokens': 1}], pooler)

TEXT = dict(num_hidden_layers=1, hidden_size=32, num_attention_heads=2, intermediate_size=32, vocab_size=40)


def projected(m, x):
    return m.visual_projection(m.vision_model(pixel_values=x).pooler_output), None


def whole(*more):
    return [{'vision_config': config, 'text_config': TEXT, **extra} for config, extra in zip(TOKENS, more)]


add('CLIPModel', whole({'projection_dim': 20}, {'projection_dim': 7}, {'projection_dim': 33}), projected)
add('CLIPVisionModel', with_({}, {}, {'hidden_act': 'gelu'}), pooler)
add('CLIPVisionModelWithProjection', with_({'projection_dim': 20}, {'projection_dim': 7}, {'projection_dim': 33}), lambda m, x: (m(pixel_values=x).image_embeds, None))
add('CLIPForImageClassification', whole(LABELS, LABELS, LABELS), mean_of_tokens(1))
add('SiglipModel', whole({}, {}, {}), lambda m, x: (m.vision_model(pixel_values=x).pooler_output, None))
add('SiglipVisionModel', TOKENS, pooler)
add('SiglipForImageClassification', whole(LABELS, LABELS, LABELS), mean_of_tokens(0))

resnets = [dict(RESNET), {**RESNET, 'layer_type': 'bottleneck', 'hidden_sizes': [16, 24, 40, 64], 'depths': [1, 1, 3, 2]}, {**RESNET, 'embedding_size': 12, 'hidden_sizes': [12, 20], 'depths': [3, 1]}]
regnets = [dict(embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 2, 1, 1], groups_width=8),
           dict(embedding_size=10, hidden_sizes=[12, 24, 36, 48], depths=[2, 1, 3, 1], groups_width=12, layer_type='x'),
           dict(embedding_size=6, hidden_sizes=[9, 18, 27, 54], depths=[1, 1, 2, 2], groups_width=3)]
convnexts = [dict(hidden_sizes=[8, 12, 16, 20], depths=[1, 2, 1, 1]),
             dict(hidden_sizes=[6, 10, 14], depths=[2, 1, 3], num_stages=3, layer_norm_eps=0.01, image_size=96),
             dict(hidden_sizes=[12, 24], depths=[1, 1], num_stages=2, patch_size=2, hidden_act='gelu_python')]
efficient = [dict(image_size=64, width_coefficient=0.25, depth_coefficient=0.5, hidden_dim=320),
             dict(image_size=75, width_coefficient=0.5, depth_coefficient=1.0, hidden_dim=640, batch_norm_eps=0.05, depthwise_padding=[5, 16]),
             dict(image_size=90, width_coefficient=0.1, depth_coefficient=0.3, hidden_dim=128, hidden_act='silu', depthwise_padding=[3, 5])]
swins = [dict(SWIN), {**SWIN, 'image_size': 56, 'window_size': 7, 'embed_dim': 12, 'depths': [2, 3], 'num_heads': [1, 3]},
         {**SWIN, 'image_size': 48, 'depths': [1, 1, 2], 'num_heads': [2, 4, 4], 'window_size': 3, 'mlp_ratio': 2.0, 'qkv_bias': False, 'hidden_act': 'gelu_python'}]
swins2 = [{**swins[0], 'pretrained_window_sizes': [2, 3]}, swins[1], swins[2]]
for kind, configs in (('ResNet', resnets), ('RegNet', regnets), ('ConvNext', convnexts), ('ConvNextV2', convnexts), ('EfficientNet', efficient), ('Swin', swins), ('Swinv2', swins2)):
    add(f'{kind}Model', configs, pooler)
    add(f'{kind}ForImageClassification', [{**c, **LABELS} for c in configs], pooled)
