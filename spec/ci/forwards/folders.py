"""Folders as `save_pretrained` of transformers writes them: other classes, other pooling, other activations."""
import torch
import transformers as hf

FOLDERS = {}
SMALL = dict(hidden_size=48, intermediate_size=80, num_hidden_layers=2, num_attention_heads=3, image_size=32, patch_size=8)
LABELS = dict(num_labels=7)


def vision(**more):
    return {**SMALL, **more}


def folder(name, model, run, expected='right', size=32, **more):
    FOLDERS[name] = lambda c: c.write(model(), run, expected, save='folder', size=size, **more)


def outputs(m, x):
    return m(pixel_values=x, output_hidden_states=True)


def logits_only(m, x):
    return None, outputs(m, x).logits


def nothing(m, x):
    return None, None


def token(m, x):
    """The class token after the last norm, and the logits."""
    out = m.base_model(pixel_values=x).last_hidden_state
    return out[:, 0], m(pixel_values=x).logits


def pooled(m, x):
    return m.base_model(pixel_values=x).pooler_output.flatten(1), m(pixel_values=x).logits


def pooler(m, x):
    return m(pixel_values=x).pooler_output.flatten(1), None


def vit(cls='ViTForImageClassification', config='ViTConfig', **more):
    return lambda: getattr(hf, cls)(getattr(hf, config)(**{**SMALL, **LABELS, **more}))


folder('vit', vit(), token)
folder('vit_eps_and_tanh_gelu', vit(hidden_act='gelu_pytorch_tanh', layer_norm_eps=0.01, num_hidden_layers=3), token)
folder('vit_relu', vit(hidden_act='relu'), token, 'right or refused')
folder('vit_gelu_new', vit(hidden_act='gelu_new'), token, 'right or refused')
folder('vit_pooler_of_another_activation', vit('ViTModel', pooler_act='relu'), pooler, 'right or refused')
folder('vit_masked_images', vit('ViTForMaskedImageModeling'), nothing, 'refused')
folder('vit_mae', lambda: hf.ViTMAEForPreTraining(hf.ViTMAEConfig(**SMALL, decoder_hidden_size=32, decoder_num_hidden_layers=1, decoder_num_attention_heads=2)), nothing, 'refused')
folder('vit_msn', vit('ViTMSNForImageClassification', 'ViTMSNConfig'), token, 'right or refused')
folder('deit_with_teacher', vit('DeiTForImageClassificationWithTeacher', 'DeiTConfig'), logits_only)
folder('deit_without_teacher', vit('DeiTForImageClassification', 'DeiTConfig'), token)
folder('yolos', lambda: hf.YolosForObjectDetection(hf.YolosConfig(**vision(image_size=[32, 32], num_detection_tokens=4))), nothing, 'refused')
folder('beit', vit('BeitForImageClassification', 'BeitConfig'), nothing, 'refused')
folder('dinov2_classifier', vit('Dinov2ForImageClassification', 'Dinov2Config', mlp_ratio=2), logits_only, 'right or refused')
folder('dinov2_swiglu', vit('Dinov2Model', 'Dinov2Config', use_swiglu_ffn=True), pooler, 'refused')
folder('dinov2_registers_classifier', vit('Dinov2WithRegistersForImageClassification', 'Dinov2WithRegistersConfig', mlp_ratio=2), logits_only, 'right or refused')
folder('depth_anything', lambda: hf.DepthAnythingForDepthEstimation(hf.DepthAnythingConfig(
    backbone_config=hf.Dinov2Config(**SMALL, out_features=['stage1', 'stage2'], reshape_hidden_states=False), patch_size=8, reassemble_hidden_size=48,
    reassemble_factors=[2, 1], neck_hidden_sizes=[16, 16], fusion_hidden_size=16, head_in_index=-1, head_hidden_size=8)), nothing, 'refused')


def mean_of_tokens(start):
    def go(m, x):
        tokens = m.vision_model(pixel_values=x).last_hidden_state[:, start:]
        return tokens.mean(1), m(pixel_values=x).logits
    return go


folder('siglip_classifier', lambda: hf.SiglipForImageClassification(hf.SiglipConfig(vision_config=vision(), text_config=dict(num_hidden_layers=1), num_labels=7)),
       mean_of_tokens(0), 'right or refused')
folder('clip_classifier', lambda: hf.CLIPForImageClassification(hf.CLIPConfig(vision_config=vision(), text_config=dict(num_hidden_layers=1), num_labels=7)),
       mean_of_tokens(1), 'right or refused')
folder('clip_whole', lambda: hf.CLIPModel(hf.CLIPConfig(vision_config=vision(), text_config=dict(num_hidden_layers=1, hidden_size=32, num_attention_heads=2, intermediate_size=32, vocab_size=40), projection_dim=20)),
       lambda m, x: (m.visual_projection(m.vision_model(pixel_values=x).pooler_output), None))
folder('clip_vision_relu', lambda: hf.CLIPVisionModel(hf.CLIPVisionConfig(**vision(hidden_act='relu'))), pooler, 'right or refused')
folder('clipseg', lambda: hf.CLIPSegForImageSegmentation(hf.CLIPSegConfig(vision_config=vision(), text_config=dict(num_hidden_layers=1), extract_layers=[0, 1])), nothing, 'refused')
folder('owlvit', lambda: hf.OwlViTForObjectDetection(hf.OwlViTConfig(vision_config=vision(), text_config=dict(num_hidden_layers=1))), nothing, 'refused')
folder('llava', lambda: hf.LlavaForConditionalGeneration(hf.LlavaConfig(vision_config=hf.CLIPVisionConfig(**SMALL), text_config=hf.LlamaConfig(
    hidden_size=32, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, vocab_size=40), image_token_index=3)), nothing, 'refused')

# Convolutions.
RESNET = dict(embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 2, 1, 1], layer_type='basic')
folder('resnet', lambda: hf.ResNetForImageClassification(hf.ResNetConfig(**RESNET, **LABELS)), pooled)
folder('resnet_gelu', lambda: hf.ResNetForImageClassification(hf.ResNetConfig(**RESNET, **LABELS, hidden_act='gelu')), pooled, 'right or refused')
folder('resnet_first_stage_halves', lambda: hf.ResNetForImageClassification(hf.ResNetConfig(**RESNET, **LABELS, downsample_in_first_stage=True)), pooled, 'right or refused')
folder('resnet_backbone', lambda: hf.ResNetBackbone(hf.ResNetConfig(**RESNET)), nothing, 'refused')
folder('detr', lambda: hf.DetrForObjectDetection(hf.DetrConfig(
    use_timm_backbone=False, use_pretrained_backbone=False, backbone=None, backbone_config=hf.ResNetConfig(**RESNET, out_features=['stage4']), d_model=32, encoder_layers=1,
    decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, num_queries=10)), nothing, 'refused')
folder('regnet', lambda: hf.RegNetForImageClassification(hf.RegNetConfig(embedding_size=8, hidden_sizes=[8, 16, 24, 32], depths=[1, 2, 1, 1], groups_width=8, **LABELS)), pooled)
folder('convnext_relu', lambda: hf.ConvNextForImageClassification(hf.ConvNextConfig(hidden_sizes=[8, 12, 16, 20], depths=[1, 2, 1, 1], hidden_act='relu', **LABELS)), pooled, 'right or refused')
folder('convnextv2_eps', lambda: hf.ConvNextV2ForImageClassification(hf.ConvNextV2Config(hidden_sizes=[8, 12, 16, 20], depths=[1, 2, 1, 1], layer_norm_eps=0.01, **LABELS)), pooled)
folder('upernet', lambda: hf.UperNetForSemanticSegmentation(hf.UperNetConfig(backbone_config=hf.ConvNextConfig(
    hidden_sizes=[8, 12, 16, 20], depths=[1, 1, 1, 1], out_features=['stage1', 'stage2', 'stage3', 'stage4']), hidden_size=8, auxiliary_in_channels=16, auxiliary_channels=8, pool_scales=[1])), nothing, 'refused')


def efficientnet(width=0.25, **more):
    last = max(8, int(1280 * width + 4) // 8 * 8)
    return lambda: hf.EfficientNetForImageClassification(hf.EfficientNetConfig(
        **{'image_size': 64, 'width_coefficient': width, 'depth_coefficient': 0.5, 'hidden_dim': last, **more}, **LABELS))


folder('efficientnet_narrow', efficientnet(), pooled, size=64)
folder('efficientnet_narrow_and_deep', efficientnet(width=0.3, depth_coefficient=1.4), pooled, size=64)
folder('efficientnet_relu', efficientnet(width=0.5, hidden_act='relu'), pooled, 'right or refused', size=64)
folder('efficientnet_eps', efficientnet(width=0.5, batch_norm_eps=0.1), pooled, 'right or refused', size=64)
folder('efficientnet_max_pooling', efficientnet(width=0.5, pooling_type='max'), pooled, 'right or refused', size=64)
folder('efficientnet_other_strides', efficientnet(width=0.5, strides=[1, 2, 2, 1, 2, 2, 1]), pooled, 'right or refused', size=64)

# Windows.
SWIN = dict(image_size=32, patch_size=4, embed_dim=16, depths=[1, 2], num_heads=[2, 4], window_size=4)
folder('swin', lambda: hf.SwinForImageClassification(hf.SwinConfig(**SWIN, **LABELS)), pooled)
folder('swin_relu_and_eps', lambda: hf.SwinForImageClassification(hf.SwinConfig(**SWIN, **LABELS, hidden_act='relu', layer_norm_eps=0.01)), pooled, 'right or refused')
folder('swin_absolute_positions', lambda: hf.SwinForImageClassification(hf.SwinConfig(**SWIN, **LABELS, use_absolute_embeddings=True)), pooled, 'right or refused')
folder('swin_masked_images', lambda: hf.SwinForMaskedImageModeling(hf.SwinConfig(**SWIN, encoder_stride=8)), nothing, 'refused')
folder('swinv2_pretrained_windows', lambda: hf.Swinv2ForImageClassification(hf.Swinv2Config(**SWIN, **LABELS, pretrained_window_sizes=[2, 2])), pooled, 'right or refused')

# Other families.
folder('segformer', lambda: hf.SegformerForImageClassification(hf.SegformerConfig(depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32], **LABELS)), nothing, 'refused')
folder('pvt', lambda: hf.PvtForImageClassification(hf.PvtConfig(image_size=32, depths=[1, 1, 1, 1], hidden_sizes=[8, 16, 24, 32], num_attention_heads=[1, 1, 1, 1], **LABELS)), nothing, 'refused')
folder('mobilenet_v2', lambda: hf.MobileNetV2ForImageClassification(hf.MobileNetV2Config(depth_multiplier=0.35, image_size=32, **LABELS)), nothing, 'refused')
folder('focalnet', lambda: hf.FocalNetForImageClassification(hf.FocalNetConfig(image_size=32, embed_dim=16, depths=[1, 1], hidden_sizes=[16, 32], focal_levels=[1, 1], focal_windows=[3, 3], **LABELS)), nothing, 'refused')
