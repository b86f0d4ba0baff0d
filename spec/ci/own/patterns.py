"""Operators of ONNX in patterns that networks have, fixed before any of them was converted: `right` beside onnxruntime, `refused`,
`asked`, or `clear`, which is any of the three. Each is a function of `c`, a map [N, 4, 16, 16] behind a convolution, to `y`.
"""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

PATTERNS = []
rng = np.random.default_rng(7)


def f(*shape, scale=1.):
    return (rng.standard_normal(shape) * scale).astype(np.float32)


def i(*values):
    return np.array(values, np.int64)


def pattern(name, nodes, expected='right', opset=20, head=True, **constants):
    """`nodes`: lines `out, out = Op(in, in; attribute=value)`. `head`: whether the tool's own Linear follows `y`."""
    PATTERNS.append(dict(name=name, nodes=nodes, expected=expected, opset=opset, head=head, constants=constants))


# Softmax and attention of a value with itself. t: tokens [N, 16, 16]
TOKENS = 't0 = Reshape(c, s3); q = MatMul(t0, wq); k = MatMul(t0, wk); v = MatMul(t0, wv); kt = Transpose(k; perm=[0,2,1]); s = MatMul(q, kt);'
W = dict(s3=i(0, 64, 16), wq=f(16, 8, scale=.3), wk=f(16, 8, scale=.3), wv=f(16, 8))
END = 'p = Softmax(z; axis=-1); y = MatMul(p, v)'
for name, middle in {
    'plain': 'z = Identity(s);', 'doubled': 'z = Add(s, s);', 'tripled': 'z2 = Add(s, s); z = Add(z2, s);', 'squared': 'z = Mul(s, s);',
    'less_itself': 'z = Sub(s, s);', 'over_itself': 'a = Abs(s); b = Add(a, one); z = Div(b, b);', 'biased': 'z = Add(s, bias);',
    'bias_first': 'z = Add(bias, s);', 'scaled_doubled': 's2 = Mul(s, half); z = Add(s2, s2);', 'scaled_and_not': 's2 = Mul(s, half); z = Add(s2, s);',
    'bias_of_scores': 's2 = Relu(s); z = Add(s, s2);', 'maximum': 'z = Max(s, s);', 'summed': 'z = Sum(s, s, s);', 'other_scores': 'kt2 = Transpose(v; perm=[0,2,1]); s2 = MatMul(q, kt2); z = Add(s, s2);',
}.items():
    pattern(f'attention_{name}', TOKENS + middle + END, **W, bias=f(64, 64), half=np.float32(.5), one=np.float32(1))
pattern('attention_same_query_and_key', TOKENS.replace('MatMul(q, kt)', 'MatMul(k, kt)') + 'z = Identity(s);' + END, **W)
pattern('attention_all_the_same', 't0 = Reshape(c, s3); kt = Transpose(t0; perm=[0,2,1]); z = MatMul(t0, kt); p = Softmax(z; axis=-1); y = MatMul(p, t0)', s3=i(0, 64, 16))
pattern('attention_scores_as_values', TOKENS + 'p = Softmax(s; axis=-1); y = MatMul(p, s)', **W)
pattern('attention_other_axis', TOKENS + 'p = Softmax(s; axis=1); y = MatMul(p, v)', **W)

# Activations and norms whose operands are one value.
pattern('swish', 'g = Sigmoid(c); y = Mul(c, g)')
pattern('sigmoid_squared', 'g = Sigmoid(c); y = Mul(g, g)')
pattern('swish_of_other', 'd = Relu(c); g = Sigmoid(d); y = Mul(c, g)')
pattern('hard_swish_of_sum', 'd = Add(c, c); a = Add(d, three); b = Clip(a, zero, six); e = Mul(d, b); y = Div(e, six)', three=np.float32(3), zero=np.float32(0), six=np.float32(6))
pattern('hard_swish_wrong_half', 'd = Add(c, c); a = Add(d, three); b = Clip(a, zero, six); e = Mul(c, b); y = Div(e, six)', three=np.float32(3), zero=np.float32(0), six=np.float32(6))
pattern('gelu_twice', 'h = Mul(c, r); e = Erf(h); a = Add(e, one); b = Mul(c, a); g = Mul(b, half); y = Add(g, g)', r=np.float32(2 ** -.5), one=np.float32(1), half=np.float32(.5))
pattern('gelu_erf_of_itself', 'h = Mul(c, r); e = Erf(h); a = Add(e, e); b = Mul(c, a); y = Mul(b, half)', r=np.float32(2 ** -.5), half=np.float32(.5))
pattern('layer_norm_of_sum', 'd = Add(c, c); m = ReduceMean(d, ax); e = Sub(d, m); q = Mul(e, e); w = ReduceMean(q, ax); a = Add(w, eps); r = Sqrt(a); g = Div(e, r); s = Mul(g, gamma); y = Add(s, beta)',
        ax=i(-1), eps=np.float32(1e-5), gamma=f(16), beta=f(16))
pattern('layer_norm_no_centre', 'm = ReduceMean(c, ax); e = Sub(c, m); q = Mul(c, c); w = ReduceMean(q, ax); a = Add(w, eps); r = Sqrt(a); g = Div(e, r); s = Mul(g, gamma); y = Add(s, beta)',
        ax=i(-1), eps=np.float32(1e-5), gamma=f(16), beta=f(16))
pattern('layer_norm_scale_twice', 'm = ReduceMean(c, ax); e = Sub(c, m); q = Mul(e, e); w = ReduceMean(q, ax); a = Add(w, eps); r = Sqrt(a); g = Div(e, r); s = Mul(g, gamma); y = Add(s, s)',
        ax=i(-1), eps=np.float32(1e-5), gamma=f(16))
for name, shape in {'row': (16,), 'scalar': (1,), 'none': (), 'column': (16, 1), 'plane': (16, 16), 'maps': (4, 1, 1), 'ones': (1, 1, 16), 'with_batch': (1, 1, 1, 16)}.items():
    pattern(f'layer_normalization_{name}', 'y = LayerNormalization(c, gamma, beta; axis=-1)', gamma=f(*shape), beta=f(16))
    pattern(f'layer_normalization_bias_{name}', 'y = LayerNormalization(c, gamma, beta; axis=-1)', gamma=f(16), beta=f(*shape))
pattern('layer_normalization_two_axes', 'y = LayerNormalization(c, gamma, beta; axis=-2)', gamma=f(16, 1), beta=f(16))
pattern('residual_of_itself', 'd = Relu(c); y = Add(d, d)')
pattern('concat_of_itself', 'd = Concat(c, c, c; axis=1); y = Relu(d)')
pattern('conv_of_sum_of_itself', 'd = Add(c, c); e = Conv(d, w; pads=[1,1,1,1]); y = Add(e, e)', w=f(4, 4, 3, 3, scale=.2))
pattern('branches_twice_the_same', 'd = Conv(c, w; pads=[1,1,1,1]); e = Conv(c, w; pads=[1,1,1,1]); y = Add(d, e)', w=f(4, 4, 3, 3, scale=.2))
pattern('norm_added_to_itself', 'd = BatchNormalization(c, g, b, mean, variance); y = Add(d, d)', g=f(4), b=f(4), mean=f(4), variance=np.abs(f(4)) + .1)
pattern('conv_norm_both_read', 'd = Conv(c, w; pads=[1,1,1,1]); e = BatchNormalization(d, g, b, mean, variance); y = Add(d, e)', w=f(4, 4, 3, 3, scale=.2), g=f(4), b=f(4), mean=f(4), variance=np.abs(f(4)) + .1)
pattern('gate_of_itself', 'g = GlobalAveragePool(c); s = Sigmoid(g); t = Mul(s, s); y = Mul(c, t)')
pattern('power_of_itself', 'a = Abs(c); b = Add(a, one); y = Pow(b, two)', one=np.float32(1), two=np.float32(2))
pattern('product_of_itself', 't0 = Reshape(c, s3); y = MatMul(t0, t0)', s3=i(0, 32, 32))
pattern('minimum_of_itself', 'd = Min(c, c); e = Max(d, c, c); y = Mean(e, e, c)')
pattern('where_of_itself', 'y = Where(yes, c, c)', yes=np.array(True))
pattern('matmul_bias_of_itself', 't0 = Reshape(c, s3); m = MatMul(t0, w); y = Add(m, m)', s3=i(0, 64, 16), w=f(16, 16, scale=.3))

# The batch as a number.
N = 'shape = Shape(c); n = Gather(shape, zero; axis=0); nf = Cast(n; to=1);'
for name, rest in {
    'divided': 'y = Div(c, nf)', 'root': 'r = Sqrt(nf); y = Mul(c, r)', 'added': 'h = Mul(nf, tenth); y = Add(c, h)', 'where': 'e = Equal(n, onei); d = Mul(c, two); y = Where(e, c, d)',
    'size': 'z = Size(c); zf = Cast(z; to=1); h = Div(zf, thousand); y = Div(c, h)', 'product': 'z = ReduceProd(shape; keepdims=0); zf = Cast(z; to=1); h = Div(zf, thousand); y = Div(c, h)',
    'filled': 'u = Unsqueeze(n, ax0); v = ConstantOfShape(u); k = ReduceSum(v; keepdims=0); l = Add(k, nf); y = Mul(c, l)',
    'range': 'a = Range(zero, n, onei); af = Cast(a; to=1); b = Reshape(af, col); y = Add(c, b)', 'power': 'r = Pow(two, nf); y = Mul(c, r)', 'tile': 'u = Unsqueeze(n, ax0); t = Concat(u, three1; axis=0); y = Tile(c, t)',
    'slice': 'u = Unsqueeze(n, ax0); m1 = Sub(u, onev); y = Slice(c, ax0, m1, three1v)', 'clip': 'm = Min(nf, two); y = Mul(c, m)', 'pad': 'p0 = Concat(z4, z4; axis=0); u = Cast(n; to=1); y = Pad(c, p0, u)',
    'resize': 'nu = Unsqueeze(nf, ax0); sc = Concat(onesf, nu, onef; axis=0); y = Resize(c, , sc; mode="nearest")', 'modulo': 'm = Mod(n, three0); mf = Cast(m; to=1); y = Add(c, mf)',
    'gather': 'm = Mod(n, three0); y = Gather(c, m; axis=1)', 'clip_in_shape': 'm = Min(n, onei); u = Unsqueeze(m, ax0); s = Concat(u, minus; axis=0); y = Reshape(c, s)',
    'topk_shape': 'h = Div(n, onei); e = Sub(h, onei); ef = Cast(e; to=1); y = Mul(c, ef)',
}.items():
    pattern(f'batch_{name}', N + rest, 'refused', zero=np.int64(0), onei=np.int64(1), onev=i(1), tenth=np.float32(.1), two=np.float32(2), thousand=np.float32(1000),
            ax0=i(0), col=i(-1, 1, 1, 1), three1=i(1, 1, 1), three1v=i(0), z4=i(0, 0, 1, 1), onesf=np.ones(2, np.float32), onef=np.ones(1, np.float32), three0=np.int64(3), minus=i(-1))
for name, rest in {
    'reshaped': 'u = Unsqueeze(n, ax0); s = Concat(u, rest; axis=0); y = Reshape(c, s)', 'expanded': 'u = Unsqueeze(n, ax0); s = Concat(u, one3; axis=0); e = Expand(token, s); y = Add(c, e)',
    'merged': 'm = Mul(n, four); u = Unsqueeze(m, ax0); s = Concat(u, inner; axis=0); t = Reshape(c, s); v = Relu(t); y = Reshape(v, back)',
    'zeros': 'u = Unsqueeze(n, ax0); s = Concat(u, map; axis=0); z = ConstantOfShape(s); y = Concat(c, z; axis=1)', 'sliced_shape': 's0 = Slice(shape, ax0, two1); s = Concat(s0, minus; axis=0); t = Reshape(c, s); y = Relu(t)',
}.items():
    pattern(f'batch_is_{name}', N + rest, zero=np.int64(0), ax0=i(0), rest=i(2, -1), one3=i(1, 1, 1), token=f(1, 4, 1, 1), four=np.int64(4), inner=i(16, 16), back=i(-1, 4, 16, 16), map=i(2, 16, 16), two1=i(2), minus=i(-1))
pattern('batch_cancels', N + 'z = Size(c); q = Div(z, n); qf = Cast(q; to=1); h = Div(qf, thousand); y = Div(c, h)', 'clear', zero=np.int64(0), thousand=np.float32(1000))
pattern('size_of_an_image', 'shape = Shape(c); h = Gather(shape, two; axis=0); hf = Cast(h; to=1); y = Div(c, hf)', two=np.int64(2))
pattern('softmax_over_batch', 'p = ReduceMean(c, ax; keepdims=0); y = Softmax(p; axis=0)', 'refused', head=False, ax=i(2, 3))
pattern('softmax_over_batch_inside', 'y = Softmax(c; axis=0)', 'refused')
pattern('sum_over_batch', 'm = ReduceMean(c, ax; keepdims=1); y = Sub(c, m)', 'refused', ax=i(0))

# Infinite paddings, windows, constants that grow.
pattern('pad_inf_max', 'p = Pad(c, pads, minf); y = MaxPool(p; kernel_shape=[3,3], strides=[2,2])', pads=i(0, 0, 0, 0, 0, 0, 1, 1), minf=np.float32(-np.inf))
pattern('pad_inf_max_padded', 'p = Pad(c, pads, minf); y = MaxPool(p; kernel_shape=[5,5], strides=[2,2], pads=[1,1,1,1])', pads=i(0, 0, 1, 0, 0, 0, 1, 1), minf=np.float32(-np.inf))
pattern('pad_inf_wide', 'p = Pad(c, pads, minf); y = MaxPool(p; kernel_shape=[2,2], strides=[1,1])', 'clear', pads=i(0, 0, 3, 3, 0, 0, 3, 3), minf=np.float32(-np.inf))
pattern('pad_inf_ceil', 'p = Pad(c, pads, minf); y = MaxPool(p; kernel_shape=[3,3], strides=[2,2], ceil_mode=1)', 'clear', pads=i(0, 0, 0, 0, 0, 0, 1, 0), minf=np.float32(-np.inf))
pattern('pad_inf_two_readers', 'p = Pad(c, pads, minf); a = MaxPool(p; kernel_shape=[3,3]); b = MaxPool(p; kernel_shape=[3,3], dilations=[1,1]); y = Add(a, b)', pads=i(0, 0, 1, 1, 0, 0, 1, 1), minf=np.float32(-np.inf))
pattern('pad_inf_read', 'p = Pad(c, pads, minf); y = Clip(p, low)', 'clear', pads=i(0, 0, 1, 1, 0, 0, 1, 1), minf=np.float32(-np.inf), low=np.float32(-2))
pattern('pad_plus_inf', 'p = Pad(c, pads, inf); n = Neg(p); m = MaxPool(n; kernel_shape=[3,3]); y = Neg(m)', 'clear', pads=i(0, 0, 1, 1, 0, 0, 1, 1), inf=np.float32(np.inf))
pattern('pad_lowest', 'p = Pad(c, pads, low); y = MaxPool(p; kernel_shape=[3,3])', pads=i(0, 0, 1, 1, 0, 0, 1, 1), low=np.finfo(np.float32).min)
pattern('clip_to_infinity', 'y = Clip(c, low, inf)', low=np.float32(-.5), inf=np.float32(np.inf))
pattern('where_infinity', 'd = Where(mask, c, minf); y = Softmax(d; axis=-1)', 'clear', mask=np.tril(np.ones((16, 16), bool)), minf=np.float32(-np.inf))
pattern('tile_45', 'k0 = Tile(k, two);' + ''.join(f'k{n + 1} = Tile(k{n}, two);' for n in range(44)) + 'r = ReduceSum(k44; keepdims=0); y = Add(c, r)', 'refused', k=f(1), two=i(2))
pattern('tile_huge_at_once', 'k0 = Tile(k, big); r = ReduceSum(k0; keepdims=0); y = Add(c, r)', 'refused', k=f(1), big=i(2 ** 45))
pattern('expand_huge', 'k0 = Expand(k, big); r = ReduceSum(k0; keepdims=0); y = Add(c, r)', 'refused', k=f(1), big=i(2 ** 45))
pattern('fill_huge', 'k0 = ConstantOfShape(big); r = ReduceSum(k0; keepdims=0); y = Add(c, r)', 'refused', big=i(2 ** 30, 2 ** 15))
pattern('range_huge', 'k0 = Range(z, big, o); kf = Cast(k0; to=1); r = ReduceSum(kf; keepdims=0); y = Add(c, r)', 'refused', big=np.int64(2 ** 40), z=np.int64(0), o=np.int64(1))
pattern('range_step_0', 'k0 = Range(z, big, z); kf = Cast(k0; to=1); r = ReduceSum(kf; keepdims=0); y = Add(c, r)', 'refused', big=np.int64(4), z=np.int64(0))
pattern('concat_45', 'k0 = Concat(k, k; axis=0);' + ''.join(f'k{n + 1} = Concat(k{n}, k{n}; axis=0);' for n in range(44)) + 'r = ReduceSum(k44; keepdims=0); y = Add(c, r)', 'refused', k=f(1))
pattern('pad_huge', 'k0 = Pad(k, big); r = ReduceSum(k0; keepdims=0); y = Add(c, r)', 'refused', k=f(1), big=i(0, 2 ** 40))
pattern('resize_huge', 'k0 = Resize(k, , big; mode="nearest"); r = ReduceSum(k0; keepdims=0); y = Add(c, r)', 'refused', k=f(1, 1, 2, 2), big=np.array([1, 1, 2 ** 20, 2 ** 20], np.float32))
pattern('broadcast_huge', 'k0 = Add(a, b); r = ReduceSum(k0; keepdims=0); y = Add(c, r)', 'refused', a=f(2 ** 15, 1), b=f(1, 2 ** 15))
pattern('outer_huge', 'k0 = MatMul(a, b); r = ReduceSum(k0; keepdims=0); y = Add(c, r)', 'refused', a=f(2 ** 15, 1), b=f(1, 2 ** 15))
pattern('tile_activations', 't = Tile(c, many); y = ReduceMean(t, ax; keepdims=1)', 'clear', many=i(1, 100000, 1, 1), ax=i(1))
pattern('tile_activations_little', 'y = Tile(c, many)', many=i(1, 3, 2, 1))
pattern('outputs_twice', 'y = Relu(c)')


# Every way to resize, with float32 quotients that hit a whole pixel or a half.
SCALES = (.4, .5, .7, .75, .9, 1.1, 1.25, 1.3, 1.5, 1.7, 2., 2.3, 2.5, 3., .3, .2, .6, .8, 1.2, 1.4)
SIZES = (3, 5, 7, 8, 9, 11, 12, 15, 17, 20, 23, 24, 27, 31, 32, 40)
COORDINATES = ('half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'align_corners', 'asymmetric', 'tf_crop_and_resize')
ROUNDINGS = ('round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil')


def resize(name, by, values, mode, coordinates, rounding, opset):
    attributes = f'mode="{mode}"' + ('' if opset < 11 else f', coordinate_transformation_mode="{coordinates}"') + (f', nearest_mode="{rounding}"' if mode == 'nearest' and opset >= 11 else '')
    attributes += '' if by == 'scale' else ', axes=[2,3]'
    lines, constants, pooled = [], {}, []
    for at, value in enumerate(values):
        constants[f'a{at}'] = np.array([1, 1, value, value], np.float32) if by == 'scale' else i(value, value)
        if opset < 11:
            inputs = f'c, a{at}'
        else:
            roi = 'roi' if coordinates == 'tf_crop_and_resize' else ''
            inputs = f'c, {roi}, a{at}' if by == 'scale' else f'c, {roi}, , a{at}'
        lines.append(f'r{at} = Resize({inputs}; {attributes}); m{at} = ReduceMean(r{at}, ax; keepdims=1);' if opset >= 18 else
                     f'r{at} = Resize({inputs}; {attributes}); m{at} = ReduceMean(r{at}; axes=[2,3], keepdims=1);')
        pooled.append(f'm{at}')
    if coordinates == 'tf_crop_and_resize':
        constants['roi'] = np.array([0, 0, .1, .2, 1, 1, .8, .9] if by == 'scale' else [.1, .2, .8, .9], np.float32)
    pattern(name, ' '.join(lines) + f'y = Concat({", ".join(pooled)}; axis=1)', 'right', opset, True, **({'ax': i(2, 3)} if opset >= 18 else {}), **constants)


for coordinates in COORDINATES:
    for by, values in (('scale', SCALES), ('size', SIZES)):
        for rounding in ROUNDINGS:
            resize(f'resize_{coordinates}_{rounding}_{by}', by, values, 'nearest', coordinates, rounding, 20)
        # What a scale leaves of a pixel is asked of each runtime anew: the mode is tried where it is whole.
        if not (coordinates == 'align_corners' and by == 'scale'):
            resize(f'resize_{coordinates}_linear_{by}', by, values, 'linear', coordinates, None, 20)
            resize(f'resize_{coordinates}_cubic_{by}', by, values, 'cubic', coordinates, None, 20)
resize('resize_opset_10', 'scale', SCALES, 'nearest', 'asymmetric', None, 10)
resize('resize_opset_10_linear', 'scale', SCALES, 'linear', 'asymmetric', None, 10)


def attributes_of(text):
    found = {}
    depth, word, words = 0, '', []
    for letter in text + ',':
        depth += letter == '['
        depth -= letter == ']'
        if letter == ',' and depth == 0:
            words.append(word)
            word = ''
        else:
            word += letter
    for each in filter(str.strip, words):
        key, value = each.split('=', 1)
        found[key.strip()] = eval(value)
    return found


def graph_nodes(lines):
    for line in filter(str.strip, lines.split(';;') if ';;' in lines else split_lines(lines)):
        outputs, call = line.split('=', 1)
        op, inside = call.strip().split('(', 1)
        inside = inside.rsplit(')', 1)[0]
        inputs, _, attributes = inside.partition(';')
        yield helper.make_node(op.strip(), [name.strip() for name in inputs.split(',')], [name.strip() for name in outputs.split(',')], **attributes_of(attributes))


def split_lines(lines):
    depth, line, found = 0, '', []
    for letter in lines:
        depth += letter == '('
        depth -= letter == ')'
        if letter == ';' and depth == 0:
            found.append(line)
            line = ''
        else:
            line += letter
    return [*found, line]


def model_of(case, features=None):
    """The file; without `features` only up to `y`."""
    weights = np.random.default_rng(3)
    constants = {'w0': (weights.standard_normal((4, 3, 3, 3)) * .3).astype(np.float32), 'b0': weights.standard_normal(4).astype(np.float32), **case['constants']}
    nodes = [helper.make_node('Conv', ['x', 'w0', 'b0'], ['c'], pads=[1, 1, 1, 1]), *graph_nodes(case['nodes'])]
    output = 'y'
    if features is not None and case['head']:
        constants['head.weight'] = (weights.standard_normal((5, features)) * .2).astype(np.float32)
        constants['head.bias'] = weights.standard_normal(5).astype(np.float32)
        nodes += [helper.make_node('Flatten', ['y'], ['flat'], axis=1), helper.make_node('Gemm', ['flat', 'head.weight', 'head.bias'], ['logits'], transB=1)]
        output = 'logits'
    graph = helper.make_graph(
        nodes, 'pattern', [helper.make_tensor_value_info('x', TensorProto.FLOAT, ['N', 3, 16, 16])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, None)], [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid('', case['opset'])], ir_version=8)
