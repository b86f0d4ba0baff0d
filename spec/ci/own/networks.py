"""Networks of our own, fixed before any of them was converted: what each file of them must become.

`right`: embedding, scores and every named layer are those of PyTorch's forward hooks. `refused`: a coded error. `asked`: an error of
exit code 2; with `answer` the network is right. `clear`: any of the three. In a `.pt2`, which has fewer operators, and in the files of
`may_refuse` `right` may be refused. No file may be wrong without a message.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm

CLASSES = 5
SIDE = 24


class Net(nn.Module):
    """Modules and parameters by name, and a function of the network and its input."""

    def __init__(self, run, **parts):
        super().__init__()
        self.run = run
        for name, part in parts.items():
            setattr(self, name, part)

    def forward(self, *x):
        return self.run(self, *x)


CASES = []


def case(name, make, expected='right', embedding='fc', scores='softmax', answer=None, may_refuse=()):
    """`embedding`: the module whose first input it is; `=name`: the module whose output it is; `''`: the output.
    `scores`: softmax, sigmoid or probabilities of the (chosen) output, or None. `answer`: options of `convert`."""
    CASES.append(dict(name=name, make=make, expected=expected, embedding=embedding, scores=scores, answer=answer, may_refuse=('program.pt2', *may_refuse)))


def conv(i, o, k=3, **options):
    return nn.Conv2d(i, o, k, padding=options.pop('padding', k // 2), **options)


def fc(i=8, o=CLASSES, **options):
    return nn.Linear(i, o, **options)


def seq(*layers):
    return nn.Sequential(*layers)


def stem(width=8, stride=2):
    return seq(conv(3, width, stride=stride, bias=False), nn.BatchNorm2d(width), nn.ReLU())


def gap(x):
    return x.mean((2, 3))


def body(middle, width=8, out=8, **parts):
    """A stem, what is tried, the mean of all pixels and a head."""
    return lambda: Net(lambda m, x: m.fc(gap(middle(m, m.stem(x)))), stem=stem(width), fc=fc(out), **{k: p() for k, p in parts.items()})


def layer(name, make, **options):
    case(name, body(lambda m, x: m.tried(x), tried=make), **options)


# Convolutions and norms.
case('plain', lambda: Net(
    lambda m, x: m.fc(torch.flatten(m.pool(F.relu(m.bn2(m.conv2(F.relu(m.bn1(m.conv1(x))))))), 1)),
    conv1=conv(3, 8, bias=False), bn1=nn.BatchNorm2d(8), conv2=conv(8, 8, stride=2, bias=False), bn2=nn.BatchNorm2d(8),
    pool=nn.AdaptiveAvgPool2d(1), fc=fc()))
layer('conv_bias_bn', lambda: seq(conv(8, 8), nn.BatchNorm2d(8), nn.ReLU(inplace=True)))
layer('conv_relu_bn', lambda: seq(conv(8, 8), nn.ReLU(), nn.BatchNorm2d(8)))
case('norm_first', lambda: Net(lambda m, x: m.fc(gap(m.conv(m.bn(x)))), bn=nn.BatchNorm2d(3), conv=conv(3, 8), fc=fc()))
case('wrapped_conv', body(lambda m, x: F.relu(m.norm(m.wrap(x))), wrap=lambda: seq(conv(8, 8)), norm=lambda: nn.BatchNorm2d(8)))
case('conv_twice', body(lambda m, x: m.norm(m.again(F.relu(m.again(x)))), again=lambda: conv(8, 8), norm=lambda: nn.BatchNorm2d(8)))
layer('conv_transpose_bn', lambda: seq(nn.ConvTranspose2d(8, 8, 2, 2), nn.BatchNorm2d(8), nn.ReLU()))
case('linear_bn', body(lambda m, x: m.act(m.norm(m.hidden(gap(x))))[:, :, None, None], hidden=lambda: fc(8, 8), norm=lambda: nn.BatchNorm1d(8), act=nn.ReLU))
case('residual', body(lambda m, x: F.relu(m.b(m.a(x)) + m.down(x)), a=lambda: conv(8, 8), b=lambda: nn.BatchNorm2d(8),
                      down=lambda: seq(nn.Conv2d(8, 8, 1, bias=False), nn.BatchNorm2d(8))))
case('residual_pre', body(lambda m, x: x + m.c2(F.relu(m.n2(m.c1(F.relu(m.n1(x)))))), n1=lambda: nn.BatchNorm2d(8), c1=lambda: conv(8, 8),
                          n2=lambda: nn.BatchNorm2d(8), c2=lambda: conv(8, 8)))
case('residual_of_itself', body(lambda m, x: m.c(x + x) + x * x, c=lambda: conv(8, 8)))
case('dense', body(lambda m, x: torch.cat([x, m.a(x), m.b(torch.cat([x, m.a(x)], 1))], 1), out=16, a=lambda: conv(8, 4), b=lambda: conv(12, 4)))
layer('depthwise', lambda: seq(conv(8, 8, groups=8, bias=False), nn.BatchNorm2d(8), nn.ReLU6(), nn.Conv2d(8, 8, 1)))
case('squeeze_excite', body(lambda m, x: x * torch.sigmoid(m.up(F.silu(m.down(x.mean((2, 3), keepdim=True))))),
                            down=lambda: nn.Conv2d(8, 2, 1), up=lambda: nn.Conv2d(2, 8, 1)))
case('cbam', body(lambda m, x: x * torch.sigmoid(m.c(torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True)[0]], 1))), c=lambda: conv(2, 1, 7)))
layer('shuffle', lambda: seq(conv(8, 8, groups=2), nn.ChannelShuffle(2), conv(8, 8, groups=4)))
layer('dilated', lambda: seq(conv(8, 8, dilation=2, padding=2), nn.ReLU(), conv(8, 8, dilation=3, padding=1)))
case('branches', body(lambda m, x: torch.cat([m.a(x), m.b(x), F.max_pool2d(x, 3, 1, 1)], 1), out=24, a=lambda: nn.Conv2d(8, 8, 1), b=lambda: conv(8, 8, 5)))
layer('group_norm', lambda: seq(conv(8, 8), nn.GroupNorm(4, 8), nn.SiLU(inplace=True)))
layer('instance_norm', lambda: seq(conv(8, 8), nn.InstanceNorm2d(8, affine=True), nn.PReLU(8)))
layer('local_response', lambda: seq(conv(8, 8), nn.LocalResponseNorm(3)))
layer('local_response_even', lambda: seq(nn.LocalResponseNorm(4, alpha=.9, beta=.6, k=.5), conv(8, 8), nn.LocalResponseNorm(20, alpha=2.)))
layer('weight_norm', lambda: weight_norm(conv(8, 8)))
case('spectral_norm', lambda: Net(lambda m, x: m.fc(m.hidden(gap(m.stem(x)))), stem=stem(), hidden=spectral_norm(fc(8, 8)), fc=fc()))


class StandardisedConv(nn.Conv2d):
    def forward(self, x):
        weight = F.batch_norm(self.weight.reshape(1, self.out_channels, -1), None, None, training=True, momentum=0., eps=1e-6)
        return F.conv2d(x, weight.reshape_as(self.weight), self.bias, self.stride, self.padding)


layer('weight_standardised', lambda: StandardisedConv(8, 8, 3, padding=1))


class ConvNeXtBlock(nn.Module):
    def __init__(self):
        super().__init__()
        self.dw, self.norm, self.up, self.down = conv(8, 8, 7, groups=8), nn.LayerNorm(8, 1e-6), fc(8, 16), fc(16, 8)
        self.gamma = nn.Parameter(torch.rand(8))

    def forward(self, x):
        y = self.down(F.gelu(self.up(self.norm(self.dw(x).permute(0, 2, 3, 1)))))
        return x + (self.gamma * y).permute(0, 3, 1, 2)


layer('convnext_block', ConvNeXtBlock)
layer('activations', lambda: seq(nn.LeakyReLU(.2), conv(8, 8), nn.ELU(), conv(8, 8), nn.CELU(.7), conv(8, 8), nn.SELU(), conv(8, 8), nn.Mish()))
layer('activations_2', lambda: seq(nn.GELU('tanh'), conv(8, 8), nn.Softplus(), conv(8, 8), nn.Hardswish(inplace=True), conv(8, 8), nn.Hardsigmoid(), conv(8, 8), nn.Hardtanh(-.5, .5)))
case('relu_clamped', body(lambda m, x: m.act(m.c(x)).clamp(min=.1), c=lambda: conv(8, 8), act=nn.ReLU))
case('relu_then_relu6', body(lambda m, x: m.b(m.a(m.c(x))), c=lambda: conv(8, 8), a=nn.ReLU, b=nn.ReLU6))

# Poolings, paddings and resizes.
layer('max_ceil', lambda: nn.MaxPool2d(3, 2, ceil_mode=True))
layer('average_ceil', lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False))
layer('lp_pool', lambda: nn.LPPool2d(2, 2))
case('adaptive_3', lambda: Net(lambda m, x: m.fc(m.pool(m.stem(x)).flatten(1)), stem=stem(), pool=nn.AdaptiveAvgPool2d(3), fc=fc(72)))
# Windows of several sizes: positions of pixels, which TorchScript's exporter does not write.
case('adaptive_uneven', lambda: Net(lambda m, x: m.fc(m.pool(m.c(m.stem(x))).flatten(1)), stem=stem(), c=conv(8, 8, padding=0), pool=nn.AdaptiveAvgPool2d(3), fc=fc(72)))
case('adaptive_larger', lambda: Net(lambda m, x: m.fc(gap(F.relu(m.c(m.pool(m.stem(x)))))), stem=stem(), pool=nn.AdaptiveAvgPool2d((7, 17)), c=conv(8, 8), fc=fc()))
case('adaptive_line', lambda: Net(lambda m, x: m.fc(m.pool(m.stem(x).flatten(2)).flatten(1)), stem=stem(), pool=nn.AdaptiveAvgPool1d(5), fc=fc(40)))
case('adaptive_max', lambda: Net(lambda m, x: m.fc(m.pool(m.stem(x)).flatten(1)), stem=stem(), pool=nn.AdaptiveMaxPool2d(1), fc=fc()))
case('gem', lambda: Net(lambda m, x: m.fc(m.stem(x).clamp(min=1e-6).pow(3).mean((2, 3)).pow(1 / 3)), stem=stem(), fc=fc()))
case('mean_and_std', lambda: Net(lambda m, x: (lambda y: m.fc(torch.cat([y.mean((2, 3)), y.flatten(2).var(2).add(1e-5).sqrt()], 1)))(m.stem(x)),
                                 stem=stem(), fc=fc(16)))
case('max_same', body(lambda m, x: m.pool(F.pad(x - 1, [0, 1, 0, 1], value=-float('inf'))), pool=lambda: nn.MaxPool2d(3, 2)))
case('max_same_both', body(lambda m, x: m.c(F.max_pool2d(F.pad(x - 1, [1, 2, 0, 1], value=-float('inf')), 4, 3)), c=lambda: conv(8, 8)))
case('pad_inf_read', body(lambda m, x: F.pad(x - 1, [1, 1, 1, 1], value=-float('inf')).clamp(min=-2)), expected='clear')
layer('padded', lambda: seq(nn.ReflectionPad2d(2), conv(8, 8, padding=0), nn.ReplicationPad2d(1), conv(8, 8, padding=0), nn.ConstantPad2d((1, 0, 2, 0), .5)))
layer('circular', lambda: nn.Conv2d(8, 8, 3, padding=1, padding_mode='circular'))
layer('circular_sides', lambda: seq(nn.CircularPad2d((3, 0, 12, 1)), conv(8, 8), nn.Conv2d(8, 8, 5, padding=(2, 3), padding_mode='circular')))
case('circular_line', body(lambda m, x: m.c(x.flatten(2))[:, :, None], c=lambda: nn.Conv1d(8, 8, 3, padding=1, padding_mode='circular')))
layer('pixel_shuffle', lambda: seq(conv(8, 32), nn.PixelShuffle(2)))
case('pixel_unshuffle', lambda: Net(lambda m, x: m.fc(gap(m.c(m.down(x)))), down=nn.PixelUnshuffle(2), c=conv(12, 8), fc=fc()))
for mode, options in {
    'nearest_2': dict(scale_factor=2, mode='nearest'), 'nearest_17': dict(scale_factor=1.7, mode='nearest'),
    'nearest_04': dict(scale_factor=.4, mode='nearest'), 'nearest_size': dict(size=(17, 7), mode='nearest'),
    'nearest_exact': dict(scale_factor=1.3, mode='nearest-exact'), 'bilinear': dict(scale_factor=1.6, mode='bilinear'),
    'bicubic_aligned': dict(size=(17, 19), mode='bicubic', align_corners=True),
}.items():
    # A map of its own for the scale: the mean of all pixels alone would hide a pixel that is one off.
    case(f'resize_{mode}', lambda options=options: Net(
        lambda m, x: m.fc(F.adaptive_avg_pool2d(F.relu(m.c(F.interpolate(m.stem(x), **options))), 2).flatten(1)),
        stem=stem(), c=conv(8, 8), fc=fc(32)))
case('im2col', body(lambda m, x: m.c(F.unfold(x, 2, stride=2).reshape(x.shape[0], 32, 6, 6)), c=lambda: nn.Conv2d(32, 8, 1)), expected='clear')
case('flip', body(lambda m, x: m.c(torch.cat([x, x.flip(3)], 1)), c=lambda: conv(16, 8)))
case('roll', body(lambda m, x: m.c(torch.roll(x, (2, 3), (2, 3))), c=lambda: conv(8, 8)))


# Tokens.
class Attention(nn.Module):
    def __init__(self, width=16, heads=2, kind='plain'):
        super().__init__()
        self.heads, self.kind, self.width = heads, kind, width
        self.qkv, self.proj = fc(width, 3 * width), fc(width, width)
        self.bias = nn.Parameter(torch.randn(heads, 10, 10) * .5)
        self.mix = fc(heads, heads)

    def forward(self, x):
        n, tokens, width = x.shape
        q, k, v = self.qkv(x).reshape(n, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        if self.kind == 'sdpa':
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=self.bias[:, :tokens, :tokens])
        elif self.kind == 'cross_covariance':
            y = (F.normalize(q, dim=-2).transpose(-2, -1) @ F.normalize(k, dim=-2)).softmax(-1)
            y = (y @ v.transpose(-2, -1)).transpose(-2, -1)
        elif self.kind == 'linear':
            y = q.softmax(-1) @ (k.softmax(-2).transpose(-2, -1) @ v)
        else:
            key = q if self.kind == 'same' else k
            s = q @ key.transpose(-2, -1) * (width // self.heads) ** -.5
            if self.kind == 'bias':
                s = s + self.bias[:, :tokens, :tokens]
            if self.kind == 'doubled':
                s = s + s
            if self.kind == 'squared':
                s = s * s
            if self.kind == 'scores_of_scores':
                s = s + s.transpose(-2, -1)
            if self.kind == 'talking':
                s = self.mix(s.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            y = s.softmax(-1) @ (s if self.kind == 'of_itself' else v)
            if self.kind == 'of_itself':
                y = y @ v
        return self.proj(y.transpose(1, 2).reshape(n, tokens, width))


def vit(pool='class', kind='plain', block=None):
    def make():
        parts = dict(patch=nn.Conv2d(3, 16, 8, 8), pos=nn.Parameter(torch.randn(1, 9 + (pool == 'class'), 16) * .3), n1=nn.LayerNorm(16),
                     attn=block() if block else Attention(kind=kind), n2=nn.LayerNorm(16), up=fc(16, 32), down=fc(32, 16), norm=nn.LayerNorm(16), fc=fc(16))
        if pool == 'class':
            parts['cls'] = nn.Parameter(torch.randn(1, 1, 16))
        if pool == 'query':
            parts |= dict(query=nn.Parameter(torch.randn(1, 1, 16)), key=fc(16, 16), value=fc(16, 16))

        def run(m, x):
            t = m.patch(x).flatten(2).transpose(1, 2)
            if pool == 'class':
                t = torch.cat([m.cls.expand(t.shape[0], -1, -1), t], 1)
            t = t + m.pos
            t = t + m.attn(m.n1(t))
            t = m.norm(t + m.down(F.gelu(m.up(m.n2(t)))))
            if pool == 'query':
                a = (m.query @ m.key(t).transpose(1, 2) / 4).softmax(-1)
                return m.fc((a @ m.value(t))[:, 0])
            return m.fc(t[:, 0] if pool == 'class' else t.mean(1))

        return Net(run, **parts)
    return make


for pool in ('class', 'mean', 'query'):
    case(f'vit_{pool}', vit(pool))
for kind in ('sdpa', 'bias', 'same', 'doubled', 'squared', 'scores_of_scores', 'talking', 'of_itself', 'cross_covariance', 'linear'):
    case(f'attention_{kind}', vit('class', kind))


class SelfAttention(nn.MultiheadAttention):
    def forward(self, x):
        return super().forward(x, x, x, need_weights=False)[0]


case('attention_module', vit('class', block=lambda: SelfAttention(16, 2, batch_first=True)))
case('encoder_layer', vit('mean', block=lambda: nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=True)))


class Windows(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = Attention(8)
        self.attn.bias.data = self.attn.bias.data[:, :9, :9]

    def forward(self, x):
        n, c, h, w = x.shape
        y = torch.roll(x, (-1, -1), (2, 3)).reshape(n, c, h // 3, 3, w // 3, 3).permute(0, 2, 4, 3, 5, 1).reshape(-1, 9, c)
        y = self.attn(y).reshape(n, h // 3, w // 3, 3, 3, c).permute(0, 5, 1, 3, 2, 4).reshape(n, c, h, w)
        return x + torch.roll(y, (1, 1), (2, 3))


layer('windows', Windows)
case('mixer', body(lambda m, x: x + m.t(x.flatten(2)).reshape(x.shape), t=lambda: seq(fc(144, 32), nn.GELU(), fc(32, 144))))


class Rotary(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = Attention(16)
        self.register_buffer('angle', torch.arange(10)[:, None] * 10000 ** (-torch.arange(8) / 8))

    def forward(self, x):
        a, b = x.chunk(2, -1)
        return self.attn(torch.cat([a * self.angle.cos() - b * self.angle.sin(), a * self.angle.sin() + b * self.angle.cos()], -1))


case('rotary', vit('class', block=Rotary))


def chosen(name, run, **options):
    """`run`: of a map that has zeros, and of one around zero."""
    case(f'chosen_{name}', body(lambda m, x: m.last(run(x, m.c(x))), c=lambda: conv(8, 8), last=lambda: conv(8, 8)), **options)


chosen('by_order', lambda x, y: torch.where(x > y, x, y * 2) + torch.where(y <= .1, y, x) + torch.where(x >= 0, y, x) * torch.where(y < x, x, 3.))
chosen('by_equality', lambda x, y: torch.where(x == 0, y, x) + torch.where(x != 0, 1., y) + (x == x.clamp(max=.5)).to(x.dtype))
chosen('by_truths', lambda x, y: torch.where((x > 0) & (y > .1) | ~(y > -.2), x, y) + (x > y).to(x.dtype) * y)
chosen('by_xor', lambda x, y: torch.where((x > .2) ^ (y > 0), x, y) + torch.where(torch.logical_xor(x > 0, y < .1), y, 0.))
chosen('filled', lambda x, y: y.masked_fill(x > .5, -2.) + x.masked_fill(y.mean((2, 3), keepdim=True) > 0, 1.))
chosen('by_map', lambda x, y: torch.where(y.amax((2, 3), keepdim=True) > .5, x, y) + torch.where(y[:, :1] > 0, x, .5))
# What is not chosen is no number, or infinite.
chosen('log', lambda x, y: torch.where(x > 0, torch.log(x), y))
chosen('root', lambda x, y: torch.where(y < 0, x, torch.sqrt(y)))
chosen('quotient', lambda x, y: torch.where(x != 0, y / x, 0.).clamp(-3, 3))
chosen('exponential', lambda x, y: torch.where(y > .01, x, torch.exp(y * -1e4)).clamp(max=3))
chosen('minus_infinity', lambda x, y: F.softmax(y.masked_fill(x < .1, -float('inf')).flatten(2), 2).reshape(x.shape), expected='refused')
chosen('largest', lambda x, y: torch.where(x > .1, y, -float('inf')).amax((2, 3), keepdim=True) * x, expected='refused')
chosen('by_no_number', lambda x, y: torch.where(torch.log(y) >= -1, x, y) + torch.where(torch.log(y) < 1, y, x), expected='clear')
chosen('not_number', lambda x, y: torch.where(torch.isnan(torch.log(y)), x, y), expected='clear')


class MaskedAttention(nn.MultiheadAttention):
    """Of the tokens that the network itself chooses."""

    def __init__(self, kind):
        super().__init__(16, 2, batch_first=True)
        self.kind = kind

    def forward(self, x):
        n, tokens, width = x.shape
        q, k, v = F.linear(x, self.in_proj_weight, self.in_proj_bias).reshape(n, tokens, 3, 2, 8).permute(2, 0, 3, 1, 4).unbind(0)
        s = q @ k.transpose(-2, -1)
        allowed = s >= s.mean(-1, keepdim=True)
        if self.kind == 'truths':
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=allowed)
        elif self.kind == 'numbers':
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=torch.where(allowed, 0., -1e4))
        else:
            y = s.masked_fill(~allowed, -float('inf')).softmax(-1) @ v
        return self.out_proj(y.transpose(1, 2).reshape(n, tokens, width))


for kind in ('truths', 'numbers', 'filled'):
    case(f'masked_{kind}', vit('mean', block=lambda kind=kind: MaskedAttention(kind)), expected='clear')


def fourier(x):
    """The positions of EdgeNeXt: a mask without a value, negated and summed."""
    inside = ~torch.zeros((x.shape[0], 12, 12), dtype=torch.bool)
    y, x_ = inside.cumsum(1, dtype=torch.float32), inside.cumsum(2, dtype=torch.float32)
    y, x_ = y / (y[:, -1:, :] + 1e-6) * 6.28, x_ / (x_[:, :, -1:] + 1e-6) * 6.28
    angles = torch.cat([y[..., None] / 10000 ** (torch.arange(4) / 4), x_[..., None] / 10000 ** (torch.arange(4) / 4)], 3)
    return torch.stack((angles.sin(), angles.cos()), 4).flatten(3).permute(0, 3, 1, 2)


case('positions_of_mask', body(lambda m, x: x + m.c(fourier(x).to(x.dtype)), c=lambda: conv(16, 8)), may_refuse=('torchscript-1',))
case('gated', body(lambda m, x: F.glu(m.a(x), 1) * torch.tanh(m.b(x)), a=lambda: conv(8, 16), b=lambda: conv(8, 8)))


def einsum(name, run, sizes, **options):
    """`run`: of the sum of a map `[N, 8, 12, 12]` and a parameter of these sizes."""
    case(f'einsum_{name}', body(lambda m, x: run(m.c(x), m.w), c=lambda: conv(8, 8), w=lambda: nn.Parameter(torch.randn(*sizes) * .3)), **options)


def rows(x):
    return x.permute(0, 2, 3, 1)


case('einsum', body(lambda m, x: torch.einsum('nchw,dc->ndhw', x, m.w) + m.w.sum(), w=lambda: nn.Parameter(torch.randn(8, 8))))
# The positions of MViTv2.
einsum('positions', lambda x, w: x * torch.einsum('byhwc,hkc->byhwk', rows(x)[:, None], w).mean((1, 4))[:, None], (12, 5, 8))
einsum('weight_first', lambda x, w: torch.einsum('dc,nchw->ndhw', w, x), (8, 8))
einsum('several_summed', lambda x, w: torch.einsum('nchw,cwdv->ndhv', x, w), (8, 12, 8, 12))
einsum('shared', lambda x, w: torch.einsum('nchw,chwd->nchd', x, w), (8, 12, 12, 12))
einsum('scaled', lambda x, w: torch.einsum('nchw,c->nwch', x, w[:, 0]).permute(0, 2, 3, 1), (8, 1))
einsum('outer', lambda x, w: torch.einsum('nchw,d->ndhw', x, w[0]), (1, 8))
einsum('summed_alone', lambda x, w: torch.einsum('nchw,dk->ndhw', x, w), (8, 3))
einsum('ellipsis', lambda x, w: torch.einsum('n...c,cd->n...d', rows(x), w).permute(0, 3, 1, 2), (8, 8))
einsum('implicit', lambda x, w: torch.einsum('bhwc,cd', rows(x), w).permute(0, 2, 3, 1)[:, :8], (8, 8))
einsum('two_maps', lambda x, w: torch.einsum('nchw,ndhw->ncd', x, x * w)[..., None], (1,))
einsum('attention', lambda x, w: torch.einsum('bijh,bchj->bcih', torch.einsum('bchi,bchj->bijh', x, x * w).softmax(2), x).permute(0, 1, 3, 2), (1,))
einsum('products', lambda x, w: torch.einsum('nchw,nchw->nhwc', x, x * w).permute(0, 3, 1, 2), (1,))
einsum('batch_last', lambda x, w: torch.einsum('chwn,dc->dhwn', x.permute(1, 2, 3, 0), w).permute(3, 0, 1, 2), (8, 8))
einsum('batch_summed', lambda x, w: x * torch.einsum('nchw,d->cd', x, w).sum(), (3,), expected='refused')
einsum('of_batch', lambda x, w: x * torch.einsum('nchw,mchw->nm', x, x * w).sum(1)[:, None, None, None], (1,), expected='refused')
case('rms', vit('mean', block=lambda: nn.RMSNorm(16, 1e-6)), expected='clear')
case('gru', lambda: Net(lambda m, x: m.fc(m.gru(m.stem(x).mean(3).transpose(1, 2))[0][:, -1]), stem=stem(), gru=nn.GRU(8, 8, batch_first=True), fc=fc()), expected='clear')
case('lstm', lambda: Net(lambda m, x: m.fc(m.lstm(m.stem(x).mean(3).transpose(1, 2))[1][0][-1]), stem=stem(), lstm=nn.LSTM(8, 8, batch_first=True), fc=fc()), expected='clear')

# The batch as a number, and images that meet each other. A file for one image alone may be right.
for name, change in {
    'divided': lambda x: x / x.shape[0], 'numel': lambda x: x * (x.numel() / 1e4), 'root': lambda x: x * math.sqrt(x.shape[0]) if isinstance(x.shape[0], int) else x * x.shape[0] ** .5,
    'where': lambda x: torch.where(torch.full((1,), 1.) * x.shape[0] == 1, x, x * 2), 'plus': lambda x: x + x.shape[0] * .1,
    'full': lambda x: x * torch.full((x.shape[0], 1, 1, 1), 2. / x.shape[0]),
    'arange': lambda x: x + torch.arange(x.shape[0], dtype=x.dtype)[:, None, None, None],
    'mean_of_batch': lambda x: x - x.mean(0, keepdim=True), 'rolled': lambda x: x - torch.roll(x, 1, 0), 'total': lambda x: x / x.abs().sum(),
    'reversed': lambda x: x + x.flip(0), 'softmax_of_batch': lambda x: x * x.softmax(0), 'sorted_batch': lambda x: x.cumsum(0),
}.items():
    case(f'batch_{name}', body(lambda m, x, change=change: m.c(change(x)), c=lambda: conv(8, 8)), expected='refused')
case('batch_training', lambda: Net(lambda m, x: m.fc(gap(F.batch_norm(m.c(x), None, None, training=True))), c=conv(3, 8), fc=fc()), expected='refused')
case('batch_in_view', body(lambda m, x: x.view(x.shape[0], -1, 6, 24).reshape(x.size(0), 8, 12, 12)))
case('batch_in_zeros', body(lambda m, x: torch.cat([x, x.new_zeros(x.shape[0], 2, x.shape[2], x.shape[3])], 1), out=10))
case('batch_in_repeat', body(lambda m, x: x + m.p.repeat(x.shape[0], 1, 1, 1), p=lambda: nn.Parameter(torch.randn(1, 8, 1, 1))))
case('batch_cancels', body(lambda m, x: x * (x.numel() / x.shape[0] / 1000)), expected='clear')
case('batch_twice', body(lambda m, x: torch.cat([x, x * 2], 0).reshape(2, -1, 8, 12, 12).sum(0)), expected='clear')

# Outputs.
ONE = dict(classes=['no', 'yes'])
case('sigmoid_one', lambda: Net(lambda m, x: torch.sigmoid(m.fc(gap(m.stem(x)))), stem=stem(), fc=fc(8, 1)), scores='binary probability')
case('sigmoid_squeezed', lambda: Net(lambda m, x: torch.sigmoid(m.fc(gap(m.stem(x)))).squeeze(-1), stem=stem(), fc=fc(8, 1)), scores='binary probability')
case('logit_one', lambda: Net(lambda m, x: m.fc(gap(m.stem(x))), stem=stem(), fc=fc(8, 1)), expected='asked', scores='binary logit', answer=ONE)
case('logit_squeezed', lambda: Net(lambda m, x: m.fc(gap(m.stem(x))).squeeze(-1), stem=stem(), fc=fc(8, 1)), expected='asked', scores='binary logit', answer=ONE)
case('softmax', lambda: Net(lambda m, x: F.softmax(m.fc(gap(m.stem(x))), 1), stem=stem(), fc=fc()), scores='probabilities')
case('log_softmax', lambda: Net(lambda m, x: F.log_softmax(m.fc(gap(m.stem(x))), 1), stem=stem(), fc=fc()))
case('softmax_over_batch', lambda: Net(lambda m, x: F.softmax(m.fc(gap(m.stem(x))), 0), stem=stem(), fc=fc()), expected='refused')
case('features_logits', lambda: Net(lambda m, x: (lambda f: (f, m.fc(f)))(gap(m.stem(x))), stem=stem(), fc=fc()))
case('logits_features', lambda: Net(lambda m, x: (lambda f: (m.fc(f), f))(gap(m.stem(x))), stem=stem(), fc=fc()))
case('three_heads', lambda: Net(lambda m, x: (lambda f: (m.age(f), m.gender(f), m.race(f)))(gap(m.stem(x))), stem=stem(), age=fc(8, 9), gender=fc(8, 2), race=fc(8, 7)),
     expected='asked', answer=dict(head='gender'), embedding='gender')
case('aux_logits', lambda: Net(lambda m, x: (lambda f: (m.fc(gap(m.top(f))), m.aux(gap(f))))(m.stem(x)), stem=stem(), top=conv(8, 8), aux=fc(), fc=fc()),
     expected='asked', answer=dict(head='fc'))
case('multi_label', lambda: Net(lambda m, x: torch.sigmoid(m.fc(gap(m.stem(x)))), stem=stem(), fc=fc()), scores='probabilities')
case('temperature', lambda: Net(lambda m, x: m.fc(gap(m.stem(x))) / 1.7, stem=stem(), fc=fc()), expected='asked', answer=dict(classes=list('abcde')))
case('mean_of_softmaxes', lambda: Net(lambda m, x: (lambda f: (m.a(f).softmax(1) + m.b(f).softmax(1)) / 2)(gap(m.stem(x))), stem=stem(), a=fc(), b=fc()),
     expected='asked', scores=None, answer=dict(head='none'), embedding='')
case('arcface', lambda: Net(lambda m, x: 30 * F.linear(F.normalize(m.neck(gap(m.stem(x)))), F.normalize(m.w)), stem=stem(), neck=fc(8, 8), w=nn.Parameter(torch.randn(CLASSES, 8))),
     expected='asked', scores='softmax', embedding=None, answer=dict(classes=list('abcde')))
case('cosine', lambda: Net(lambda m, x: F.normalize(m.neck(gap(m.stem(x)))) @ m.w.t(), stem=stem(), neck=fc(8, 8), w=nn.Parameter(torch.randn(CLASSES, 8))),
     expected='asked', scores='softmax', embedding=None, answer=dict(classes=list('abcde')))
case('zero_shot', lambda: Net(lambda m, x: (lambda f: m.scale.exp() * (f / f.norm(dim=-1, keepdim=True)) @ m.text.t())(m.neck(gap(m.stem(x)))), stem=stem(), neck=fc(8, 8, bias=False),
                              scale=nn.Parameter(torch.tensor(2.)), text=nn.Parameter(torch.randn(CLASSES, 8))),
     expected='asked', scores='softmax', embedding=None, answer=dict(classes=list('abcde')))
case('flipped_mean', lambda: Net(lambda m, x: (m.fc(gap(m.stem(x))) + m.fc(gap(m.stem(x.flip(3))))) / 2, stem=stem(), fc=fc()),
     expected='asked', embedding=None, answer=dict(classes=list('abcde')))
case('features', lambda: Net(lambda m, x: m.pool(m.stem(x)).flatten(1), stem=stem(), pool=nn.AdaptiveAvgPool2d(1)), scores=None, embedding='')
case('features_unit', lambda: Net(lambda m, x: F.normalize(m.neck(gap(m.stem(x)))), stem=stem(), neck=fc(8, 8)), scores=None, embedding='')
case('features_relu', lambda: Net(lambda m, x: F.relu(m.neck(gap(m.stem(x)))), stem=stem(), neck=fc(8, 8)), scores=None, embedding='')
case('features_norm', lambda: Net(lambda m, x: m.norm(m.neck(gap(m.stem(x)))), stem=stem(), neck=fc(8, 8), norm=nn.BatchNorm1d(8)), scores=None, embedding='')
case('conv_head', lambda: Net(lambda m, x: m.fc(m.stem(x).mean((2, 3), keepdim=True)), stem=stem(), fc=nn.Conv2d(8, CLASSES, 1)), expected='clear', embedding=None)
case('conv_head_softmax', lambda: Net(lambda m, x: m.fc(m.stem(x).mean((2, 3), keepdim=True)).softmax(1).flatten(1), stem=stem(), fc=nn.Conv2d(8, CLASSES, 1)),
     embedding=None, scores='probabilities', expected='clear')
case('two_layers', lambda: Net(lambda m, x: m.fc(F.relu(m.hidden(gap(m.stem(x))))), stem=stem(), hidden=fc(8, 16), fc=fc(16)))
case('odd_names', lambda: Net(lambda m, x: m.fc(gap(m.parts['grö ße'](m.parts['a'](x)))), parts=nn.ModuleDict({'a': stem(), 'grö ße': conv(8, 8)}), fc=fc()))
case('shared_relu', body(lambda m, x: m.act(m.b(m.act(m.a(x)))), a=lambda: conv(8, 8), b=lambda: conv(8, 8), act=nn.ReLU))
case('map_and_logits', lambda: Net(lambda m, x: (lambda y: (y, m.fc(gap(y))))(m.stem(x)), stem=stem(), fc=fc()))
case('sequence', lambda: Net(lambda m, x: m.fc(m.stem(x).flatten(2).transpose(1, 2)), stem=stem(), fc=fc()), expected='refused')
case('segmentation', lambda: Net(lambda m, x: F.interpolate(m.head(m.stem(x)), size=x.shape[2:], mode='bilinear'), stem=stem(), head=nn.Conv2d(8, 3, 1)), expected='refused')
