"""State dicts: one body, and other modules around it, of which only the program says what they are for."""
import torch, torchvision
from torch import nn
from torch.nn import functional as F
from toolkit import Body, Net, Case  # noqa: F401

STATE_DICTS = {}


def case(make):
    STATE_DICTS[make.__name__] = make
    return make


def run(model, x):
    return model(x)


def plain(net):
    """Features, and what the Linear makes of them."""
    f = net.body
    return lambda x: f(x)


# Right: nothing beside the network is part of it.
@case
def plain_with_head(c):
    c.write(Body(fc=nn.Linear(32, 10)), lambda m, x: (m.map(x).mean((2, 3)), m(x)), 'right')


@case
def lightning_with_loss_and_metrics(c):
    def save(m):
        return {'state_dict': {**{'model.' + k: v for k, v in m.state_dict().items()}, 'criterion.weight': torch.ones(10),
                               'train_acc.tp': torch.zeros(10, dtype=torch.long), 'val_metrics.f1.confmat': torch.zeros(10, 10, dtype=torch.long)},
                'optimizer_states': [{'state': {0: {'exp_avg': torch.zeros(8, 3, 7, 7)}}}]}
    c.write(Body(fc=nn.Linear(32, 10)), lambda m, x: (m.map(x).mean((2, 3)), m(x)), 'right', save=save)


@case
def copy_of_the_average(c):
    def save(m):
        s = m.state_dict()
        return {**{'net.' + k: v for k, v in s.items()}, **{'ema.module.' + k: v.clone() for k, v in s.items()}, 'ema.n_averaged': torch.tensor(7)}
    c.write(Body(fc=nn.Linear(32, 10)), lambda m, x: (m.map(x).mean((2, 3)), m(x)), 'right', save=save)


@case
def neck_of_batch_norm_before_the_classifier(c):
    net = Net(lambda s, x: (lambda f: (f, s.classifier(s.bottleneck(f))))(s.body(x)),
              body=Body(), bottleneck=nn.BatchNorm1d(32), classifier=nn.Linear(32, 10))
    # The embedding is what the only Linear takes.
    c.write(net, lambda m, x: (m.bottleneck(m.body(x)), m(x)[1]), 'right')


# Several heads.
@case
def two_heads(c):
    net = Net(lambda s, x: (lambda f: (f, s.colour(f)))(s.body(x)), body=Body(), kind=nn.Linear(32, 10), colour=nn.Linear(32, 4))
    c.write(net, run, 'asked', answer={'head': 'colour'})


@case
def two_heads_on_a_shared_linear(c):
    net = Net(lambda s, x: (lambda h: (h, s.kind(torch.relu(h))))(s.shared(s.body(x))),
              body=Body(), shared=nn.Linear(32, 16), kind=nn.Linear(16, 10), colour=nn.Linear(16, 4))
    c.write(net, run, 'asked', answer={'head': 'kind'})


@case
def second_of_two_heads_on_a_shared_linear(c):
    net = Net(lambda s, x: (lambda h: (h, s.colour(torch.relu(h))))(s.shared(s.body(x))),
              body=Body(), shared=nn.Linear(32, 16), kind=nn.Linear(16, 10), colour=nn.Linear(16, 4))
    c.write(net, run, 'asked', answer={'head': 'colour'})


@case
def three_heads_in_a_module_dict(c):
    net = Net(lambda s, x: (lambda f: (f, s.heads['age'](f)))(s.body(x)), body=Body(),
              heads=nn.ModuleDict({'age': nn.Linear(32, 9), 'gender': nn.Linear(32, 2), 'race': nn.Linear(32, 5)}))
    c.write(net, run, 'asked')


@case
def inner_classifier_is_not_used(c):
    net = Net(lambda s, x: (lambda f: (f, s.classifier(f)))(s.body.map(x).mean((2, 3))),
              body=Body(fc=nn.Linear(32, 100)), classifier=nn.Linear(32, 10))
    c.write(net, run, 'asked')


@case
def inner_linear_then_classifier(c):
    net = Net(lambda s, x: (lambda e: (e, s.classifier(e)))(s.encoder(x)), encoder=Body(fc=nn.Linear(32, 16)), classifier=nn.Linear(16, 10))
    c.write(net, run, 'asked')


@case
def embedding_alone(c):
    net = Net(lambda s, x: (s.embedding(s.body(x)), None), body=Body(), embedding=nn.Linear(32, 16))
    c.write(net, lambda m, x: (m(x)[0], None), 'asked')


# A Linear inside, the classifier elsewhere.
@case
def cnn_and_lstm(c):
    def go(s, x):
        e = s.fc(s.cnn(x))
        y, _ = s.lstm(e[:, None])
        return e, s.classifier(y[:, -1])
    c.write(Net(go, cnn=Body(), fc=nn.Linear(32, 16), lstm=nn.LSTM(16, 16), classifier=nn.Linear(16, 10)), run, 'asked')


@case
def cnn_and_gru_with_inner_linear(c):
    def go(s, x):
        e = s.cnn(x)
        y, _ = s.rnn(e[:, None])
        return e, s.out(y[:, -1])
    c.write(Net(go, cnn=Body(fc=nn.Linear(32, 24)), rnn=nn.GRU(24, 12), out=nn.Linear(12, 10)), run, 'asked')


@case
def captioning(c):
    def go(s, x):
        e = s.encoder(x)
        y, _ = s.lstm(torch.cat([e[:, None], s.embed(torch.zeros(len(x), 1, dtype=torch.long))], 1))
        return e, s.linear(y[:, -1])
    c.write(Net(go, encoder=Body(fc=nn.Linear(32, 16)), embed=nn.Embedding(30, 16), lstm=nn.LSTM(16, 16), linear=nn.Linear(16, 30)), run, 'asked')


@case
def image_and_table(c):
    def go(s, x):
        e = s.image_fc(s.cnn(x))
        t = torch.relu(s.table(torch.ones(len(x), 5, dtype=x.dtype)))
        return e, s.classifier(torch.cat([e, t], 1))
    c.write(Net(go, cnn=Body(), image_fc=nn.Linear(32, 16), table=nn.Linear(5, 8), classifier=nn.Linear(24, 10)), run, 'asked')


@case
def transformer_over_the_features(c):
    def go(s, x):
        e = s.proj(s.cnn(x))
        return e, s.head(s.encoder(e[:, None])[:, 0])
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    c.write(Net(go, cnn=Body(), proj=nn.Linear(32, 16), encoder=nn.TransformerEncoder(layer, 1), head=nn.Linear(16, 10)), run, 'asked')


# Metric learning.
@case
def arcface_with_a_parameter(c):
    def go(s, x):
        e = s.fc(s.body(x))
        return e, 30 * F.linear(F.normalize(e), F.normalize(s.margin_weight))
    c.write(Net(go, body=Body(), fc=nn.Linear(32, 16), margin_weight=nn.Parameter(torch.zeros(10, 16))), run, 'asked')


class Cosine(nn.Module):
    def __init__(self, inside, out):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(out, inside))

    def forward(self, x):
        return 30 * F.linear(F.normalize(x), F.normalize(self.weight))


@case
def arcface_with_a_weight(c):
    net = Net(lambda s, x: (lambda e: (e, s.arc(e)))(s.fc(s.body(x))), body=Body(), fc=nn.Linear(32, 16), arc=Cosine(16, 10))
    c.write(net, run, 'asked')


@case
def cosine_classifier_on_the_features(c):
    net = Net(lambda s, x: (lambda e: (e, s.cosine(e)))(s.body(x)), body=Body(), cosine=Cosine(32, 10))
    c.write(net, run, 'asked')


@case
def momentum_contrast(c):
    def save(m):
        s = m.state_dict()
        return {**{'encoder_q.' + k: v for k, v in s.items()}, **{'encoder_k.' + k: v * 0.9 for k, v in s.items()}, 'queue': torch.zeros(16, 64),
                'queue_ptr': torch.zeros(1, dtype=torch.long)}
    c.write(Body(fc=nn.Linear(32, 16)), lambda m, x: (m(x), None), 'asked', save=save)


# Something between the body and its classifier.
@case
def temperature(c):
    net = Net(lambda s, x: (lambda f: (f, s.fc(f) / s.temperature))(s.body(x)), body=Body(), fc=nn.Linear(32, 10), temperature=nn.Parameter(torch.ones(1) * 3))
    c.write(net, run, 'asked')


@case
def layer_norm_before_the_classifier(c):
    net = Net(lambda s, x: (lambda f: (f, s.fc(f)))(s.norm(s.body(x))), body=Body(), norm=nn.LayerNorm(32), fc=nn.Linear(32, 10))
    c.write(net, run, 'asked')


@case
def batch_norm_neck_declared_last(c):
    net = Net(lambda s, x: (lambda f: (f, s.fc(f)))(s.bnneck(s.body(x))), body=Body(), fc=nn.Linear(32, 10), bnneck=nn.BatchNorm1d(32))
    c.write(net, run, 'asked')


@case
def gate_on_the_features(c):
    def go(s, x):
        f = s.body(x)
        f = f * torch.sigmoid(s.gate(f))
        return f, s.fc(f)
    c.write(Net(go, body=Body(), gate=nn.Sequential(nn.Linear(32, 8), nn.ReLU(), nn.Linear(8, 32)), fc=nn.Linear(32, 10)), run, 'asked')


class GeM(nn.Module):
    def __init__(self):
        super().__init__()
        self.p = nn.Parameter(torch.ones(1) * 3)

    def forward(self, x):
        return x.clamp(min=1e-6).pow(self.p).mean((2, 3)).pow(1 / self.p)


@case
def gem_pooling(c):
    net = Net(lambda s, x: (lambda f: (f, s.fc(f)))(s.pool(s.body(x))), body=Body(flat=False), pool=GeM(), fc=nn.Linear(32, 10))
    c.write(net, run, 'asked')


@case
def attention_pooling(c):
    def go(s, x):
        m = s.body(x).flatten(2)
        w = torch.softmax(s.attend(m.transpose(1, 2)), 1)
        f = (m @ w)[:, :, 0]
        return f, s.fc(f)
    c.write(Net(go, body=Body(flat=False), attend=nn.Linear(32, 1), fc=nn.Linear(32, 10)), run, 'asked', size=64)


@case
def normalisation_inside(c):
    class Normalise(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer('mean', torch.zeros(3)), self.register_buffer('std', torch.ones(3))

        def forward(self, x):
            return (x - self.mean[:, None, None]) / (self.std[:, None, None] + 1)
    net = Net(lambda s, x: (lambda f: (f, s.fc(f)))(s.body(s.normalise(x))), normalise=Normalise(), body=Body(), fc=nn.Linear(32, 10))
    c.write(net, run, 'asked')


@case
def spatial_transformer(c):
    def go(s, x):
        theta = s.locate(s.look(x).mean((2, 3))).reshape(-1, 2, 3)
        f = s.body(F.grid_sample(x, F.affine_grid(theta, x.shape, align_corners=False), align_corners=False))
        return f, s.fc(f)
    c.write(Net(go, look=nn.Conv2d(3, 4, 7, 2), locate=nn.Linear(4, 6), body=Body(), fc=nn.Linear(32, 10)), run, 'asked')


@case
def small_second_branch(c):
    def go(s, x):
        f = s.body(x)
        return f, s.fc(f) + s.side_fc(s.side(x))
    c.write(Net(go, body=Body(depth=12), side=Body(widths=(4,)), fc=nn.Linear(32, 10), side_fc=nn.Linear(4, 10)), run, 'asked')


@case
def numbered_linears_side_by_side(c):
    net = Net(lambda s, x: (lambda f: (f, s.fc2(f)))(s.body(x)), body=Body(), fc1=nn.Linear(32, 32), fc2=nn.Linear(32, 10))
    c.write(net, lambda m, x: (m(x)[0], m(x)[1]), 'said')


@case
def numbered_linears_with_gelu(c):
    net = Net(lambda s, x: (lambda h: (h, s.fc2(F.gelu(h))))(s.fc1(s.body(x))), body=Body(), fc1=nn.Linear(32, 16), fc2=nn.Linear(16, 10))
    c.write(net, run, 'said', answer={'headActivation': 'gelu'})


# Other tasks.
@case
def unet(c):
    def go(s, x):
        return s.encoder(x).mean((2, 3)), None
    net = Net(go, encoder=Body(flat=False), decoder=nn.Sequential(nn.Conv2d(32, 8, 3), nn.BatchNorm2d(8)), segmentation_head=nn.Sequential(nn.Conv2d(8, 2, 3)))
    c.write(net, run, 'asked', size=64, answer={'ignore': ['decoder', 'segmentation_head']})


@case
def detector(c):
    def go(s, x):
        return s.backbone.body(x), None
    net = Net(go, backbone=Net(None, body=Body(), fpn=nn.ModuleList([nn.Conv2d(32, 8, 1)])), rpn=nn.Conv2d(8, 4, 1), roi_heads=nn.Sequential(nn.Linear(8, 6)))
    c.write(net, run, 'asked')


@case
def depth_net(c):
    net = Net(lambda s, x: (s.encoder(x), None), encoder=Body(), depth=nn.ModuleList([nn.Conv2d(32, 8, 3), nn.Conv2d(8, 1, 3)]))
    c.write(net, run, 'asked', answer={'ignore': ['depth']})


def dilated():
    return torchvision.models.ResNet(torchvision.models.resnet.Bottleneck, [1, 1, 1, 1], replace_stride_with_dilation=[False, True, True])


def features(net, x):
    b = net.backbone
    return b['out'] if isinstance(b, dict) else b(x)['out']


def segmenter(c, net, ignore, **more):
    c.write(net, lambda m, x: (m.backbone(x)['out'].mean((2, 3)), None), 'refused', size=64, options={'ignore': ignore}, **more)


def of_torchvision(classifier, aux):
    from torchvision.models._utils import IntermediateLayerGetter
    body = IntermediateLayerGetter(dilated(), {'layer3': 'aux', 'layer4': 'out'})
    return Net(None, backbone=body, classifier=classifier, **({'aux_classifier': aux} if aux is not None else {}))


@case
def fcn(c):
    from torchvision.models.segmentation.fcn import FCNHead
    segmenter(c, of_torchvision(FCNHead(2048, 5), FCNHead(1024, 5)), ['classifier', 'aux_classifier'])


@case
def fcn_without_auxiliary(c):
    from torchvision.models.segmentation.fcn import FCNHead
    segmenter(c, of_torchvision(FCNHead(2048, 5), None), ['classifier'])


@case
def deeplab(c):
    from torchvision.models.segmentation.deeplabv3 import DeepLabHead
    segmenter(c, of_torchvision(DeepLabHead(2048, 5), None), ['classifier'])


@case
def lraspp(c):
    net = torchvision.models.segmentation.lraspp_mobilenet_v3_large(weights_backbone=None, num_classes=5)
    c.write(net, lambda m, x: (m.backbone(x)['high'].mean((2, 3)), None), 'refused', size=64, options={'ignore': ['classifier']})


@case
def deeplab_of_segmentation_models(c):
    def go(s, x):
        return s.encoder(x)['out'].mean((2, 3)), None
    from torchvision.models._utils import IntermediateLayerGetter
    net = Net(go, encoder=IntermediateLayerGetter(dilated(), {'layer4': 'out'}),
              decoder=nn.Sequential(Net(None, convs=nn.ModuleList([nn.Conv2d(2048, 8, 1)]), project=nn.Conv2d(8, 8, 1))), segmentation_head=nn.Sequential(nn.Conv2d(8, 5, 1)))
    c.write(net, run, 'refused', size=64, options={'ignore': ['decoder', 'segmentation_head']})


# Same tensors, another forward pass.
@case
def head_behind_a_relu_without_tensors(c):
    # Nothing in the file says it. The embedding is right, and how it is pooled is said by no tensor.
    c.write(Body(fc=nn.Sequential(nn.ReLU(), nn.Dropout(), nn.Linear(32, 10))), lambda m, x: (m.map(x).mean((2, 3)), m(x)), 'right')


@case
def siglip_tower_in_a_wrapper(c):
    """As transformers calls it, with a classifier of one's own on what its attention pools, in a file without config.json."""
    import transformers as t
    config = t.SiglipVisionConfig(hidden_size=192, intermediate_size=384, num_hidden_layers=2, num_attention_heads=3, image_size=32, patch_size=8)
    net = Net(lambda s, x: (lambda f: (f, s.classifier(f)))(s.vision_model(x).pooler_output), vision_model=t.SiglipVisionModel(config), classifier=nn.Linear(192, 10))
    c.write(net, run, 'asked')
