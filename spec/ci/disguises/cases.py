"""The cases: each makes one checkpoint and PyTorch's outputs, or names the error that must come."""
import collections
import torch, torchvision.models as tv
from torch import nn
from toolkit import Wrapped, headless, prefixed, r18, r_taps, randomise

CASES = {}


def case(make):
    CASES[make.__name__] = make
    return make


def plain(c, model, saved=None, taps=None, head='fc', **more):
    """A torchvision ResNet, saved as `saved(model)`; its logits are the tap named `head` of ours."""
    randomise(model, c.seed)
    told = {**r_taps(model), head: None} if taps is None else taps(model)
    c.write(model.state_dict() if saved is None else saved(model), model, told, **more)


# Prefixes.
for _prefix in ('net.', 'backbone.', 'model.backbone.', 'module._orig_mod.', 'student.', 'feature_extractor.model.', '0.',
                'net.module.'):
    def _make(c, prefix=_prefix):
        plain(c, r18(), lambda m: {'state_dict': prefixed(m, prefix)})
    CASES['prefix_' + _prefix.strip('.').replace('.', '_')] = _make


@case
def prefix_half(c):
    # PyTorch 1.13 computes half precision on no CPU: the reference has the rounded weights in float32.
    plain(c, r18(), lambda m: {'model': {'net.' + k: v.half() for k, v in m.half().float().state_dict().items()}})


@case
def float64(c):
    plain(c, r18(), lambda m: {k: v.double() if v.is_floating_point() else v for k, v in m.state_dict().items()})


@case
def one_class(c):
    plain(c, tv.resnet18(num_classes=1))


def wrapped(c, body, head, names, saved=None, taps=None, features='avgpool', **more):
    model = randomise(Wrapped(body, head, names), c.seed)
    told = {'': None, **(taps(model) if taps else {})}
    c.write(model.state_dict() if saved is None else saved(model), model, told, **more)


@case
def encoder_and_classifier(c):
    wrapped(c, headless(r18()), nn.Linear(512, 10), ('encoder', 'classifier'),
            taps=lambda m: {'layer2': m.encoder.layer2, 'fc': m.classifier})


@case
def extractor_and_clf(c):
    wrapped(c, headless(r18()), nn.Linear(512, 10), ('feature_extractor', 'clf'))


@case
def sequential_of_two(c):
    model = randomise(nn.Sequential(headless(r18()), nn.Linear(512, 10)), c.seed)
    c.write(model.state_dict(), model, {'': None, 'avgpool': model[0].avgpool})


@case
def children_features_fc(c):
    net = r18()
    body = nn.Sequential(*list(net.children())[:-1])
    wrapped(c, body, nn.Linear(512, 10), ('features', 'fc'), taps=lambda m: {'layer3': m.features[6]})


@case
def children_flat(c):
    net = r18()
    model = randomise(nn.Sequential(*list(net.children())[:-1], nn.Flatten(), nn.Linear(512, 10)), c.seed)
    c.write(model.state_dict(), model, {'': None, 'layer1': model[4]})


@case
def data_parallel_parts(c):
    wrapped(c, nn.DataParallel(headless(r18())).cpu(), nn.DataParallel(nn.Linear(512, 10)).cpu(), ('backbone', 'head'))


@case
def compiled_body(c):
    body, head = headless(r18()), nn.Sequential(nn.Linear(512, 10))
    wrapped(c, body, head, ('backbone', 'head'), lambda m: {
        **{'backbone._orig_mod.' + k: v for k, v in m.backbone.state_dict().items()}, **prefixed(m.head, 'head.')})


@case
def nested_dicts(c):
    wrapped(c, headless(r18()), nn.Linear(512, 10), ('encoder', 'classifier'), lambda m: {
        'epoch': 3, 'encoder': m.encoder.state_dict(), 'classifier': m.classifier.state_dict()})


@case
def lightning_with_metrics(c):
    plain(c, r18(), lambda m: {'state_dict': {
        **prefixed(m, 'model.'), 'criterion.weight': torch.ones(10), 'train_acc.tp': torch.zeros(10, dtype=torch.long),
        'val_conf.confmat': torch.zeros(10, 10, dtype=torch.long)}, 'epoch': 1})


# Heads.
@case
def head_dropout(c):
    plain(c, r18(fc=nn.Sequential(nn.Dropout(), nn.Linear(512, 10))), taps=lambda m: {**r_taps(m), 'fc.1': m.fc[1]})


@case
def head_batch_norm(c):
    fc = nn.Sequential(nn.Linear(512, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(), nn.Linear(128, 10))
    plain(c, r18(fc=fc), taps=lambda m: {'fc.0': m.fc[0], 'fc.1': m.fc[1], 'fc': None})


@case
def head_batch_norm_after(c):
    fc = nn.Sequential(nn.Linear(512, 128), nn.ReLU(), nn.BatchNorm1d(128), nn.Dropout(), nn.Linear(128, 10))
    plain(c, r18(fc=fc), taps=lambda m: {'fc.2': m.fc[2], 'fc': None})


@case
def head_batch_norm_first(c):
    fc = nn.Sequential(nn.BatchNorm1d(512), nn.Dropout(), nn.Linear(512, 10))
    plain(c, r18(fc=fc), taps=lambda m: {'fc.0': m.fc[0], 'fc': None})


@case
def head_three_linears(c):
    fc = nn.Sequential(nn.Linear(2048, 64), nn.ReLU(), nn.Dropout(), nn.Linear(64, 32), nn.ReLU(), nn.Dropout(), nn.Linear(32, 5))
    plain(c, r50(fc), taps=lambda m: {'fc.0': m.fc[0], 'fc.3': m.fc[3], 'fc': None})


def r50(fc):
    model = tv.resnet50()
    model.fc = fc
    return model


for _name, _layer in {'leaky_relu': nn.LeakyReLU, 'gelu': nn.GELU, 'silu': nn.SiLU, 'tanh': nn.Tanh, 'elu': nn.ELU,
                      'sigmoid': nn.Sigmoid, 'hardswish': nn.Hardswish, 'relu6': nn.ReLU6}.items():
    def _make(c, name=_name, layer=_layer):
        fc = nn.Sequential(nn.Linear(512, 64), layer(), nn.Linear(64, 10))
        plain(c, r18(fc=fc), taps=lambda m: {'fc.0': m.fc[0], 'fc.1': m.fc[1], 'fc': None}, options={'headActivation': name})
    CASES['head_' + _name] = _make


@case
def head_no_activation(c):
    fc = nn.Sequential(nn.Linear(512, 64), nn.Linear(64, 10))
    plain(c, r18(fc=fc), taps=lambda m: {'fc.0': m.fc[0], 'fc': None})


@case
def head_no_bias(c):
    plain(c, r18(fc=nn.Linear(512, 10, bias=False)))


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = headless(r18())
        self.fc1, self.bn, self.fc2 = nn.Linear(512, 64), nn.BatchNorm1d(64), nn.Linear(64, 10)

    def forward(self, x):
        return self.fc2(torch.relu(self.bn(self.fc1(self.body(x)))))


@case
def head_of_attributes(c):
    model = randomise(Named(), c.seed)
    c.write(model.state_dict(), model, {'': None, 'fc.fc1': model.fc1})


@case
def head_none(c):
    plain(c, headless(r18()), classes=0)


@case
def head_convolution(c):
    model = randomise(headless(r18()), c.seed)
    conv = nn.Conv2d(512, 10, 1)
    whole = nn.Sequential(collections.OrderedDict(backbone=model, unflatten=nn.Unflatten(1, (512, 1, 1)), head=conv,
                                                  flat=nn.Flatten())).eval()
    c.write(whole.state_dict(), whole, {'': None})


# Bodies.
@case
def stem_cifar(c):
    plain(c, r18(conv1=nn.Conv2d(3, 64, 3, 1, 1, bias=False), maxpool=nn.Identity()))


@case
def stem_cifar_pool(c):
    plain(c, r18(conv1=nn.Conv2d(3, 64, 3, 1, 1, bias=False)), options={'stem': 'cifar-pool'})


@case
def stem_five(c):
    plain(c, r18(conv1=nn.Conv2d(3, 64, 5, 2, 2, bias=False)), options={'stem': 'imagenet'}, size=48)


@case
def wide_resnet_cifar(c):
    model = tv.wide_resnet50_2(num_classes=10)
    model.conv1, model.maxpool = nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.Identity()
    plain(c, model, size=24)


@case
def one_channel(c):
    plain(c, r18(conv1=nn.Conv2d(1, 64, 7, 2, 3, bias=False)), channels=1)


@case
def one_channel_gray_array(c):
    plain(c, r18(conv1=nn.Conv2d(1, 64, 3, 1, 1, bias=False), maxpool=nn.Identity()), channels=1, gray=True)


@case
def four_channels(c):
    plain(c, r18(conv1=nn.Conv2d(4, 64, 7, 2, 3, bias=False)), channels=4)


class Basic(nn.Module):
    """A block of the repositories for CIFAR-10: its shortcut is named `shortcut`."""

    def __init__(self, inside, out, stride, name='shortcut'):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out)
        self.conv2, self.bn2 = nn.Conv2d(out, out, 3, 1, 1, bias=False), nn.BatchNorm2d(out)
        other = stride != 1 or inside != out
        setattr(self, name, nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out)) if other
                else nn.Sequential())
        self.name = name

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        return torch.relu(y + getattr(self, self.name)(x))


class CifarResNet(nn.Module):
    def __init__(self, widths, blocks, name='shortcut', head='linear'):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False), nn.BatchNorm2d(widths[0])
        inside = widths[0]
        for i, (width, count) in enumerate(zip(widths, blocks)):
            layers = [Basic(inside if b == 0 else width, width, 2 if b == 0 and i > 0 else 1, name) for b in range(count)]
            setattr(self, f'layer{i + 1}', nn.Sequential(*layers))
            inside = width
        self.stages, self.head = len(widths), head
        setattr(self, head, nn.Linear(inside, 10))

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        for i in range(self.stages):
            x = getattr(self, f'layer{i + 1}')(x)
        return getattr(self, self.head)(x.mean((2, 3)))


@case
def cifar_resnet18(c):
    model = randomise(CifarResNet([64, 128, 256, 512], [2, 2, 2, 2]), c.seed)
    c.write({'net': prefixed(model, 'module.'), 'acc': 95.1}, model, {'fc': None, 'layer2': model.layer2})


@case
def cifar_resnet20(c):
    model = randomise(CifarResNet([16, 32, 64], [3, 3, 3], 'downsample', 'fc'), c.seed)
    c.write(model.state_dict(), model, {'fc': None, 'layer3': model.layer3})


@case
def mobilenet_half_width(c):
    model = randomise(tv.mobilenet_v2(width_mult=0.5), c.seed)
    c.write(model.state_dict(), model, {'classifier': None, 'features.3': model.features[3], 'features.18': model.features[18]}, size=48)


@case
def mobilenet_wide_gray_head(c):
    model = tv.mobilenet_v2(width_mult=1.4)
    model.features[0][0] = nn.Conv2d(1, model.features[0][0].out_channels, 3, 2, 1, bias=False)
    model.classifier = nn.Sequential(nn.Linear(1792, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 4))
    randomise(model, c.seed)
    c.write({'state_dict': prefixed(model, 'model.net.')}, model, {'classifier': None, 'classifier.0': model.classifier[0]}, channels=1, size=48)


@case
def mobilenet_features_only(c):
    model = randomise(tv.mobilenet_v2(), c.seed)
    c.write(prefixed(model.features, 'encoder.'), model.features, {'features.18': None}, size=48, classes=0)


@case
def vgg_dropout_linear(c):
    model = tv.vgg16_bn()
    model.classifier = nn.Sequential(nn.Dropout(), nn.Linear(25088, 7))
    randomise(model, c.seed)
    # The embedding is the flattened map, of 25,088 values.
    c.write(model.state_dict(), model, {'classifier': None, 'features.16': model.features[16]}, size=40, options={'pool': 'none'})


@case
def vgg_own_head_four_channels(c):
    model = tv.vgg11(num_classes=3)
    model.features[0] = nn.Conv2d(4, 64, 3, 1, 1)
    randomise(model, c.seed)
    c.write({'model': prefixed(model, 'net.')}, model, {'classifier': None, 'classifier.3': model.classifier[3]}, channels=4, size=40)


@case
def vgg_small_images(c):
    model = tv.vgg11_bn()
    model.avgpool, model.classifier = nn.AdaptiveAvgPool2d(1), nn.Linear(512, 10)
    randomise(model, c.seed)
    c.write(model.state_dict(), model, {'': None, 'avgpool': model.avgpool})


@case
def vgg_narrow(c):
    def group(i, o, n):
        layers = [x for k in range(n) for x in (nn.Conv2d(i if k == 0 else o, o, 3, 1, 1), nn.ReLU())]
        return layers + [nn.MaxPool2d(2, 2)]
    body = nn.Sequential(*group(3, 8, 2), *group(8, 16, 2), *group(16, 24, 1))
    model = randomise(nn.Sequential(collections.OrderedDict(features=body, pool=nn.AdaptiveAvgPool2d(2), flat=nn.Flatten(),
        classifier=nn.Sequential(nn.Linear(96, 20), nn.ReLU(), nn.Dropout(), nn.Linear(20, 6)))), c.seed)
    c.write(model.state_dict(), model, {'': None, 'features.4': model.features[4]})


# Archives and whole modules.
@case
def scripted(c):
    model = randomise(r18(), c.seed)
    c.write(lambda path: torch.jit.script(model).save(path), model, {**r_taps(model), 'fc': None}, file='model.pt')


@case
def scripted_mobilenet(c):
    model = randomise(tv.mobilenet_v2(num_classes=5), c.seed)
    c.write(lambda path: torch.jit.script(model).save(path), model, {'classifier': None}, size=48, file='model.pt')


@case
def traced_wrapper(c):
    model = randomise(Wrapped(headless(r18()), nn.Sequential(nn.Dropout(), nn.Linear(512, 10)), ('encoder', 'classifier')), c.seed)
    c.write(lambda path: torch.jit.trace(model, torch.zeros(1, 3, 32, 32)).save(path), model, {'': None}, file='model.pt')


@case
def whole_module(c):
    plain(c, r18(), lambda m: m)


@case
def whole_module_of_ones_own(c):
    wrapped(c, headless(r18()), nn.Sequential(nn.Linear(512, 32), nn.ReLU(), nn.Linear(32, 10)), ('encoder', 'classifier'), lambda m: m)


@case
def whole_module_legacy(c):
    model = randomise(r18(), c.seed)
    c.write(lambda path: torch.save({'model': model, 'epoch': 3}, path, _use_new_zipfile_serialization=False), model, {'fc': None})


# Other spellings.
@case
def hugging_face(c):
    from safetensors.torch import save_file
    model = randomise(r18(), c.seed)
    source = model.state_dict()
    saved = {}

    def put(a, b):
        for t in ('weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'):
            if f'{a}.{t}' in source:
                saved[f'{b}.{t}'] = source[f'{a}.{t}'].clone().contiguous()
    put('conv1', 'resnet.embedder.embedder.convolution')
    put('bn1', 'resnet.embedder.embedder.normalization')
    put('fc', 'classifier.1')
    for stage in range(4):
        for block in range(2):
            p, q = f'layer{stage + 1}.{block}', f'resnet.encoder.stages.{stage}.layers.{block}'
            for i in (1, 2):
                put(f'{p}.conv{i}', f'{q}.layer.{i - 1}.convolution')
                put(f'{p}.bn{i}', f'{q}.layer.{i - 1}.normalization')
            put(f'{p}.downsample.0', f'{q}.shortcut.convolution')
            put(f'{p}.downsample.1', f'{q}.shortcut.normalization')
    c.write(lambda path: save_file(saved, path), model, {'': None, 'layer3': model.layer3}, file='model.safetensors')


def timm_case(architecture, taps, size=48, options=None, **arguments):
    def make(c):
        import timm
        model = randomise(timm.create_model(architecture, **{'num_classes': 10, **arguments}), c.seed)
        channels = arguments.get('in_chans', 3)
        none = 0 if arguments.get('num_classes') == 0 else None
        c.write(model.state_dict(), model, {'': None, **taps(model)}, size=size, channels=channels, classes=none, options=options)
    CASES[f'timm_{architecture}' + ''.join(f'_{k}_{v}' for k, v in arguments.items())] = make


_stage = lambda m: {'layer2': m.layer2}
for _name in ('resnet18', 'resnet18d', 'seresnet18', 'seresnet50', 'resnet50', 'resnet26', 'resnet26t', 'wide_resnet50_2', 'resnext50_32x4d'):
    timm_case(_name, _stage)
# resnetaa50d and resnetblur50d have the same tensors.
timm_case('resnet50d', _stage, options={'backbone': 'timm:resnet50d'})
timm_case('resnet18', _stage, in_chans=1)
timm_case('resnet18', _stage, num_classes=0)
timm_case('mobilenetv2_100', lambda m: {'features.3': m.blocks[1][1]})
timm_case('mobilenetv2_050', lambda m: {'features.3': m.blocks[1][1]})
for _name in ('regnetx_002', 'regnety_002'):
    timm_case(_name, lambda m: {'trunk_output.block2': m.s2})
timm_case('mobilenetv3_small_100', lambda m: {'features.3': m.blocks[1][1]}, options={'backbone': 'timm:mobilenetv3_small_100'})
timm_case('tf_mobilenetv3_small_100', lambda m: {'features.3': m.blocks[1][1]}, options={'backbone': 'timm:tf_mobilenetv3_small_100'})
timm_case('efficientnet_b0', lambda m: {'features.3': m.blocks[2]}, options={'backbone': 'timm:efficientnet_b0'})
timm_case('tf_efficientnet_b0', lambda m: {'features.3': m.blocks[2]}, size=75, options={'backbone': 'timm:tf_efficientnet_b0'})
timm_case('tf_efficientnet_lite0', lambda m: {'features.3': m.blocks[2]}, options={'backbone': 'timm:tf_efficientnet_lite0'})
timm_case('tf_efficientnetv2_b0', lambda m: {'features.3': m.blocks[2]}, options={'backbone': 'timm:tf_efficientnetv2_b0'})
for _name in ('densenet121', 'inception_v3'):
    timm_case(_name, lambda m: {}, size=99)
timm_case('vgg11', lambda m: {'features.5': m.features[5]}, size=224)
timm_case('vgg16_bn', lambda m: {'features.5': m.features[5]}, size=224)


for _name in ('convnext_atto', 'vit_tiny_patch16_224', 'deit_tiny_patch16_224'):
    timm_case(_name, lambda m: {}, size=48, **({'img_size': 48} if 'patch' in _name else {}))
timm_case('vit_small_patch14_dinov2', lambda m: {'blocks.1': m.blocks[1]}, size=56, img_size=56, num_classes=0)
timm_case('vit_small_patch14_reg4_dinov2', lambda m: {'blocks.1': m.blocks[1]}, size=56, img_size=56, num_classes=0)
timm_case('vit_base_patch16_clip_quickgelu_224', lambda m: {'blocks.1': m.blocks[1]}, size=48, img_size=48,
          options={'backbone': 'timm:vit_base_patch16_clip_quickgelu_224'})


class Picked(nn.Module):
    """What of a transformers model's output counts."""

    def __init__(self, model, pick):
        super().__init__()
        self.model, self.pick = model, pick

    def forward(self, x):
        return self.pick(self.model(x))


SMALL = dict(hidden_size=128, num_hidden_layers=3, num_attention_heads=4, intermediate_size=320, image_size=48, patch_size=16)


def transformers_case(name, make, pick, size=48, classes=None):
    def write(c):
        model = make(__import__('transformers')).eval()
        with torch.no_grad():
            for p in model.parameters():
                if p.dim() <= 1:
                    p.add_(torch.randn(p.shape) * 0.1)
        randomise(model, c.seed)
        c.write(lambda path: model.save_pretrained(path), Picked(model, pick), {'': None}, size=size, classes=classes, file='hf')
    CASES['transformers_' + name] = write


_logits = lambda o: o.logits
transformers_case('vit', lambda t: t.ViTForImageClassification(t.ViTConfig(**SMALL, num_labels=7)), _logits)
transformers_case('vit_pooler', lambda t: t.ViTModel(t.ViTConfig(**SMALL)), lambda o: o.pooler_output, classes=0)
transformers_case('dinov2', lambda t: t.Dinov2Model(t.Dinov2Config(**{**SMALL, 'mlp_ratio': 2})), lambda o: o.pooler_output, classes=0)
transformers_case('clip', lambda t: t.CLIPVisionModelWithProjection(t.CLIPVisionConfig(**SMALL, projection_dim=40)),
                  lambda o: o.image_embeds, classes=0)
transformers_case('clip_gelu', lambda t: t.CLIPVisionModelWithProjection(t.CLIPVisionConfig(**SMALL, projection_dim=40, hidden_act='gelu')),
                  lambda o: o.image_embeds, classes=0)
transformers_case('convnext', lambda t: t.ConvNextForImageClassification(
    t.ConvNextConfig(depths=[1, 2, 1, 1], hidden_sizes=[16, 24, 32, 48], num_labels=5)), _logits, size=64)
transformers_case('regnet_y', lambda t: t.RegNetForImageClassification(
    t.RegNetConfig(depths=[1, 2, 1, 1], hidden_sizes=[16, 24, 32, 48], groups_width=8, layer_type='y', num_labels=5)), _logits)
transformers_case('efficientnet', lambda t: t.EfficientNetForImageClassification(t.EfficientNetConfig(
    image_size=224, num_labels=5, width_coefficient=1.0, depth_coefficient=1.0, hidden_dim=1280)), _logits, size=224)


# Several networks, parts of others.
@case
def two_copies(c):
    a, b = r18(), r18()
    c.write({**prefixed(a, 'model.'), **prefixed(b, 'ema.')}, error={'code': 'CHECKPOINT_AMBIGUOUS', 'says': 'ema.'})


@case
def two_copies_chosen(c):
    a, b = randomise(r18(), 1), randomise(r18(), 2)
    c.write({'state_dict': {**prefixed(a, 'model.'), **prefixed(b, 'ema.module.')}}, b, {'fc': None}, options={'prefix': 'ema'})


@case
def two_dicts(c):
    c.write({'model': r18().state_dict(), 'model_ema': r18().state_dict()},
            error={'code': 'CHECKPOINT_AMBIGUOUS', 'says': 'model_ema.'})


@case
def two_dicts_chosen(c):
    a, b = randomise(r18(), 1), randomise(r18(), 2)
    c.write({'model': a.state_dict(), 'model_ema': b.state_dict(), 'optimizer': {'state': {}}}, b, {'fc': None},
            options={'prefix': 'model_ema'})


@case
def same_copy_twice(c):
    model = randomise(r18(), 1)
    c.write({**prefixed(model, 'net.'), **prefixed(model, 'model.')}, model, {'fc': None})


@case
def student_and_teacher(c):
    c.write({**prefixed(tv.resnet50(), 'teacher.'), **prefixed(r18(), 'student.')},
            error={'code': 'CHECKPOINT_AMBIGUOUS', 'says': 'teacher.'})


@case
def unet_encoder(c):
    model = randomise(headless(r18()), c.seed)
    decoder = nn.Sequential(nn.Conv2d(512, 256, 3), nn.BatchNorm2d(256), nn.ReLU(), nn.Conv2d(256, 1, 3))
    c.write({**prefixed(model, 'encoder.'), **prefixed(decoder, 'decoder.blocks.0.'), **prefixed(nn.Conv2d(16, 1, 3), 'segmentation_head.0.')},
            model, {'avgpool': model.avgpool}, classes=0, options={'ignore': ['decoder', 'segmentation_head']})


@case
def detector_body(c):
    model = randomise(headless(r18()), c.seed)
    c.write({**prefixed(model, 'backbone.body.'), 'backbone.fpn.inner_blocks.0.0.weight': torch.zeros(256, 64, 1, 1),
             'rpn.head.conv.0.0.weight': torch.zeros(256, 256, 3, 3), 'roi_heads.box_head.fc6.weight': torch.zeros(1024, 12544)},
            model, {'avgpool': model.avgpool}, classes=0, options={'ignore': ['backbone.fpn', 'rpn', 'roi_heads']})


@case
def two_heads(c):
    model = headless(r18())
    c.write({**prefixed(model, 'backbone.'), **prefixed(nn.Linear(512, 10), 'kind.'), **prefixed(nn.Linear(512, 4), 'colour.')},
            error={'code': 'HEAD_AMBIGUOUS', 'says': 'kind'})


@case
def two_heads_chosen(c):
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.backbone, self.kind, self.colour = headless(r18()), nn.Linear(512, 10), nn.Linear(512, 4)

        def forward(self, x):
            return self.colour(self.backbone(x))
    model = randomise(Two(), c.seed)
    c.write(model.state_dict(), model, {'fc': None}, options={'head': 'colour'})


# Refused.
def refused(name, code, says, saved):
    CASES['refused_' + name] = lambda c: c.write(saved(), error={'code': code, 'says': says})


def groups():
    return tv.resnet18(norm_layer=lambda n: nn.GroupNorm(8, n)).state_dict()


refused('group_norm', 'BACKBONE_MISMATCH', 'running statistics', groups)
refused('concat_pool', 'HEAD_NOT_SUPPORTED', '1,024', lambda: prefixed(nn.Sequential(
    nn.Sequential(*list(r18().children())[:-2]), nn.Sequential(nn.Flatten(), nn.BatchNorm1d(1024), nn.Dropout(), nn.Linear(1024, 10))), ''))
refused('attention', 'BACKBONE_MISMATCH', 'layer1.0.ca', lambda: {**r18().state_dict(), 'layer1.0.ca.fc1.weight': torch.zeros(4, 64, 1, 1)})
refused('attention_beside', 'TENSORS_LEFT_OUT', '--ignore ca', lambda: {**r18().state_dict(), 'ca.fc1.weight': torch.zeros(32, 512, 1, 1)})
refused('layer_norm_head', 'HEAD_NOT_SUPPORTED', 'fc.0', lambda: r18(fc=nn.Sequential(nn.LayerNorm(512), nn.Linear(512, 10))).state_dict())
refused('weight_norm_head', 'HEAD_NOT_SUPPORTED', 'weight_g', lambda: r18(fc=nn.utils.weight_norm(nn.Linear(512, 10))).state_dict())
refused('two_channels', 'CHANNELS_NOT_SUPPORTED', '2', lambda: r18(conv1=nn.Conv2d(2, 64, 7, 2, 3, bias=False)).state_dict())
refused('own_layers', 'BACKBONE_UNKNOWN', '0.weight', lambda: nn.Sequential(
    nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 30 * 30, 10)).state_dict())
