"""PyTorch's results and gradients for every differentiable row of the gradient table, for test/vectors/gradient-rules.test.ts.

Run with PyTorch 1.13: `python3 scripts/vectors/gradient_rules.py`. Each case is one ONNX node and what PyTorch has for it: its
own function where there is one, else the operator's definition written in differentiable torch functions. Computed in double
from inputs of three decimals; the cotangent is cos(1.3·i + 0.4). Writes test/vectors/gradient-rules.json.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

rng = np.random.default_rng(1964)
torch.set_default_dtype(torch.float64)
CASES = []


def var(*dims, low=-1.5, high=1.5):
    """A differentiated input."""
    return {"kind": "variable", "dims": list(dims), "values": np.round(rng.uniform(low, high, dims), 3).ravel().tolist()}


def pos(*dims, low=0.4, high=1.6):
    return var(*dims, low=low, high=high)


def const(kind, values):
    array = np.asarray(values)
    return {"kind": kind, "dims": list(array.shape), "values": array.astype(float).ravel().tolist()}


def ints(values):
    return const("int64", values)


def flags(values):
    return const("bool", values)


def floats(values):
    return const("float", values)


DTYPES = {"variable": torch.float64, "float": torch.float64, "int64": torch.int64, "bool": torch.bool}


def case(row, run, inputs, opset=20, outputs=1, **attributes):
    """@param run: takes a tensor an input that is given, answers the first output."""
    tensors = [None if x is None else torch.tensor(x["values"]).to(DTYPES[x["kind"]]).reshape(x["dims"]) for x in inputs]
    leaves = [t.requires_grad_() for t, x in zip(tensors, inputs) if x is not None and x["kind"] == "variable"]
    y = run(*[t for t in tensors if t is not None])
    cotangent = torch.cos(1.3 * torch.arange(y.numel()) + 0.4).reshape(y.shape)
    gradients = torch.autograd.grad(y, leaves, cotangent)
    CASES.append(
        {
            "row": row,
            "opset": opset,
            "inputs": inputs,
            "attributes": {name: typed(value) for name, value in attributes.items()},
            "outputs": outputs,
            "dims": list(y.shape),
            "y": rounded(y),
            "gradients": [rounded(g) for g in gradients],
        }
    )


def typed(value):
    """ONNX tells 1 from 1.0; JSON readers may not."""
    return {"kind": {int: "int", float: "float", str: "string", list: "ints"}[type(value)], "value": value}


def rounded(tensor):
    return [float(f"{value:.8g}") for value in tensor.detach().reshape(-1).tolist()]


def arithmetic():
    for row, run in (
        ("Add@7+", torch.add),
        ("Sub@7+", torch.sub),
        ("Mul@7+", torch.mul),
        ("Div@7+", torch.div),
        ("Pow@7+", torch.pow),
        ("Max@8+", torch.maximum),
        ("Min@8+", torch.minimum),
    ):
        case(row, run, [pos(2, 1, 3), pos(4, 1)])
    tied = var(2, 3)
    case("Max@8+", torch.maximum, [tied, {**tied, "values": tied["values"][:3] + [0.5, 0.1, -0.3]}])
    case("Mod@10+", torch.fmod, [var(2, 3, low=3, high=4), pos(3, low=1.1, high=1.4)], fmod=1)
    case("Sum@8+", lambda *x: sum(x), [var(2, 3), var(3), var(2, 1)])
    case("Mean@8+", lambda *x: sum(x) / 3, [var(2, 3), var(3), var(2, 1)])
    case("Where@9+", torch.where, [flags([True, False, True]), var(2, 3), var(2, 1)])
    case("Clip@11+", torch.clamp, [var(3, 4), floats(-0.7), floats(0.8)])
    case("Identity@1+", lambda x: x * 1, [var(2, 3)])
    case("Cast@9+", lambda x: x * 1, [var(2, 3)], to=1)
    case("CastLike@15+", lambda x, _: x * 1, [var(2, 3), floats(1.0)])
    case("Dropout@12+", lambda x: F.dropout(x, 0.5, training=False), [var(2, 3)])


def functions():
    everywhere = {
        "Neg@6+": torch.neg,
        "Exp@6+": torch.exp,
        "Sin@7+": torch.sin,
        "Cos@7+": torch.cos,
        "Atan@7+": torch.atan,
        "Sinh@9+": torch.sinh,
        "Cosh@9+": torch.cosh,
        "Asinh@9+": torch.asinh,
        "Abs@6+": torch.abs,
        "Tanh@6+": torch.tanh,
        "Sigmoid@6+": torch.sigmoid,
        "Softplus@1+": F.softplus,
        "Softsign@1+": F.softsign,
        "Erf@9+": torch.erf,
        "Gelu@20+": F.gelu,
        "Relu@6+": F.relu,
        "Selu@6+": F.selu,
        "Mish@18+": F.mish,
    }
    for row, run in everywhere.items():
        case(row, run, [var(3, 4)])
    for row, run in (("Asin@7+", torch.asin), ("Acos@7+", torch.acos), ("Atanh@9+", torch.atanh), ("Tan@7+", torch.tan)):
        case(row, run, [var(3, 4, low=-0.8, high=0.8)])
    for row, run in (("Reciprocal@6+", torch.reciprocal), ("Sqrt@6+", torch.sqrt), ("Log@6+", torch.log)):
        case(row, run, [pos(3, 4)])
    case("Acosh@9+", torch.acosh, [pos(3, 4, low=1.3, high=3)])
    case("Gelu@20+", lambda x: F.gelu(x, approximate="tanh"), [var(3, 4)], approximate="tanh")
    case("LeakyRelu@6+", lambda x: F.leaky_relu(x, 0.25), [var(3, 4)], alpha=0.25)
    case("PRelu@7+", lambda x, s: F.prelu(x, s.reshape(-1)), [var(2, 3, 4), var(3, 1)])
    case("ThresholdedRelu@10+", lambda x: F.threshold(x, 0.25, 0), [var(3, 4)], alpha=0.25)
    case("Elu@6+", lambda x: F.elu(x, 0.75), [var(3, 4)], alpha=0.75)
    case("Celu@12+", lambda x: F.celu(x, 0.75), [var(3, 4)], alpha=0.75)
    case("HardSigmoid@6+", F.hardsigmoid, [var(3, 4, low=-5, high=5)], alpha=float(np.float32(1 / 6)), beta=0.5)
    case("HardSwish@14+", F.hardswish, [var(3, 4, low=-5, high=5)])
    case("Swish@24+", lambda x: x * torch.sigmoid(1.5 * x), [var(3, 4)], opset=24, alpha=1.5)
    case("Shrink@9+", lambda x: F.softshrink(x, 0.5), [var(3, 4)], lambd=0.5, bias=0.5)
    case("Shrink@9+", lambda x: F.hardshrink(x, 0.5), [var(3, 4)], lambd=0.5)


def products():
    case("MatMul@1+", torch.matmul, [var(3, 1, 2, 4), var(2, 4, 3)])
    case("MatMul@1+", torch.matmul, [var(3, 2, 4), var(4, 3)])
    case("Gemm@11+", lambda a, b, c: torch.addmm(c, a.T, b.T, alpha=0.5, beta=2), [var(4, 2), var(3, 4), var(3)], alpha=0.5, beta=2.0, transA=1, transB=1)
    for equation, dims in (
        ("bhqd,bhkd->bhqk", ((2, 2, 3, 4), (2, 2, 5, 4))),
        ("...ij,...jk->...ik", ((2, 3, 4), (2, 4, 3))),
        ("i,j->ij", ((3,), (4,))),
        ("ij,jk,kl->il", ((2, 3), (3, 2), (2, 3))),
    ):
        case("Einsum@12+", lambda *x, e=equation: torch.einsum(e, *x), [var(*d) for d in dims], opset=17, equation=equation)


def moving():
    case("Reshape@5+", lambda x, _: x.reshape(-1, 4), [var(2, 3, 4), ints([-1, 4])])
    case("Flatten@1+", lambda x: x.flatten(1), [var(2, 3, 2)])
    case("Squeeze@13+", lambda x, _: x.squeeze(1), [var(2, 1, 3), ints([1])])
    case("Squeeze@13+", lambda x: x.squeeze(1), [var(2, 1, 3)], opset=11, axes=[1])
    case("Unsqueeze@13+", lambda x, _: x.unsqueeze(1), [var(2, 3), ints([1])])
    case("Transpose@1+", lambda x: x.permute(2, 0, 1), [var(2, 3, 2)], perm=[2, 0, 1])
    case("Expand@8+", lambda x, _: x.expand(2, 3, 4), [var(3, 1), ints([2, 3, 4])])
    case("Concat@4+", lambda *x: torch.cat(x, 1), [var(2, 3), var(2, 1), var(2, 2)], axis=1)
    case("Split@13+", lambda x, _: x.split([2, 4], 1)[0], [var(2, 6), ints([2, 4])], outputs=2, axis=1)
    case("Split@13+", lambda x: x.chunk(2, 0)[0], [var(4, 3)], opset=12, outputs=2, axis=0)
    case("Slice@10+", lambda x, *_: x[:, 1:6:2], [var(2, 7), ints([1]), ints([6]), ints([1]), ints([2])])
    case("Slice@10+", lambda x, *_: x.flip(0), [var(4, 2), ints([-1]), ints([-(2**40)]), ints([0]), ints([-1])])
    case("Pad@11+", lambda x, *_: F.pad(x, (1, 2, 0, 1), value=0.5), [var(2, 3), ints([0, 1, 1, 2]), floats(0.5)])
    pads = ints([0, 0, 1, 2, 0, 0, 2, 1])
    case("Pad@11+", lambda x, _: F.pad(x, (2, 1, 1, 2), mode="reflect"), [var(1, 2, 3, 4), pads], mode="reflect")
    case("Pad@11+", lambda x, _: F.pad(x, (2, 1, 1, 2), mode="replicate"), [var(1, 2, 3, 4), pads], mode="edge")
    case("Pad@11+", lambda x, _: F.pad(x, (2, 1, 1, 2), mode="circular"), [var(1, 2, 3, 4), pads], mode="wrap")
    case("Tile@6+", lambda x, _: x.repeat(2, 3), [var(2, 3), ints([2, 3])])
    case("Trilu@14+", lambda x, _: x.tril(-1), [var(2, 4, 3), ints(-1)], upper=0)
    case("Trilu@14+", lambda x: x.triu(), [var(3, 4)])
    lengths = ints([3, 2])
    case(
        "ReverseSequence@10+",
        lambda x, n: torch.stack([torch.cat((row[: int(k)].flip(0), row[int(k) :])) for row, k in zip(x, n)]),
        [var(2, 4, 3), lengths],
        batch_axis=0,
        time_axis=1,
    )
    case("Compress@9+", lambda x, m: x[:, m], [var(2, 4), flags([True, False, False, True])], axis=1)
    case("Range@11+", lambda a, _, d: a + d * torch.arange(4), [pos(low=1, high=1.1), floats(3.0), pos(low=0.6, high=0.62)])
    case("DepthToSpace@11+", lambda x: F.pixel_shuffle(x, 2), [var(1, 8, 2, 3)], blocksize=2, mode="CRD")
    blocks = lambda x: x.reshape(1, 2, 2, 2, 3, 2).permute(0, 3, 5, 1, 2, 4).reshape(1, 8, 2, 3)  # noqa: E731
    case("SpaceToDepth@1+", blocks, [var(1, 2, 4, 6)], blocksize=2)


def indexing():
    case("Gather@1+", lambda x, i: F.embedding(i, x), [var(5, 3), ints([[2, 0], [2, 4]])])
    case("Gather@1+", lambda x, i: x.index_select(1, i), [var(2, 4, 2), ints([3, 1, 1])], axis=1)
    case("GatherElements@11+", lambda x, i: x.gather(1, i), [var(2, 4), ints([[1, 1, 3], [0, 2, 0]])], axis=1)
    case("GatherND@11+", lambda x, i: x[i[:, 0], i[:, 1]], [var(3, 4, 2), ints([[0, 1], [2, 3], [0, 1]])])
    case("GatherND@11+", lambda x, i: x[torch.arange(2), i[:, 0]], [var(2, 4, 2), ints([[3], [1]])], batch_dims=1)
    case("ScatterND@11+", lambda x, i, u: x.index_put((i[:, 0],), u), [var(4, 3), ints([[1], [3]]), var(2, 3)])
    case(
        "ScatterND@11+",
        lambda x, i, u: x.index_put((i[:, 0],), u, accumulate=True),
        [var(4, 3), ints([[1], [1]]), var(2, 3)],
        reduction="add",
    )
    case("ScatterElements@11+", lambda x, i, u: x.scatter(1, i, u), [var(2, 4), ints([[1, 3], [0, 2]]), var(2, 2)], axis=1)
    case(
        "ScatterElements@11+",
        lambda x, i, u: x.scatter_add(1, i, u),
        [var(2, 4), ints([[1, 1], [0, 2]]), var(2, 2)],
        axis=1,
        reduction="add",
    )
    case("TopK@11+", lambda x, _: x.topk(2, 1).values, [var(3, 5), ints([2])], outputs=2, axis=1)
    case("OneHot@9+", lambda i, _, v: v[0] + (v[1] - v[0]) * F.one_hot(i, 4), [ints([1, 0, 3]), ints(4), var(2)])


def reductions():
    for row, run in (
        ("ReduceSum@13+", lambda x, _: x.sum((0, 2))),
        ("ReduceMean@18+", lambda x, _: x.mean((0, 2))),
        ("ReduceMax@18+", lambda x, _: x.amax((0, 2))),
        ("ReduceMin@18+", lambda x, _: x.amin((0, 2))),
        ("ReduceL1@18+", lambda x, _: torch.linalg.vector_norm(x, 1, (0, 2))),
        ("ReduceL2@18+", lambda x, _: torch.linalg.vector_norm(x, 2, (0, 2))),
        ("ReduceSumSquare@18+", lambda x, _: x.square().sum((0, 2))),
        ("ReduceLogSumExp@18+", lambda x, _: x.logsumexp((0, 2))),
    ):
        case(row, run, [var(2, 3, 2), ints([0, 2])], keepdims=0)
    case("ReduceL2@18+", lambda x, _: x.norm(dim=1, keepdim=True), [floatsless(var(2, 3)), ints([1])])
    case("ReduceMean@18+", lambda x: x.mean(1, keepdim=True), [var(2, 3)], opset=17, axes=[1])
    case("ReduceLogSum@18+", lambda x, _: x.sum(1).log(), [pos(2, 3), ints([1])], keepdims=0)
    case("ReduceProd@18+", lambda x, _: x.prod(1), [floatsless(var(3, 3), 2), ints([1])], keepdims=0)
    case("Softmax@13+", lambda x: x.softmax(1), [var(2, 3, 2)], axis=1)
    case("Softmax@13+", lambda x: x.flatten(1).softmax(1).view(x.shape), [var(2, 3, 2)], opset=11)
    case("LogSoftmax@13+", lambda x: x.log_softmax(-1), [var(2, 5)])
    case("CumSum@11+", lambda x, _: x.cumsum(1), [var(2, 4), ints(1)])
    case("CumSum@11+", lambda x, _: x.flip(1).cumsum(1).flip(1) - x, [var(2, 4), ints(1)], exclusive=1, reverse=1)


def floatsless(value, zeros=3):
    """The same with zeros in front: a row of zeros alone, or some in a row."""
    return {**value, "values": [0.0] * zeros + value["values"][zeros:]}


def norms():
    case("LayerNormalization@17+", lambda x, w, b: F.layer_norm(x, (2, 3), w, b, 1e-3), [var(3, 2, 3), var(2, 3), var(2, 3)], axis=1, epsilon=1e-3)
    case("InstanceNormalization@6+", lambda x, w, b: F.instance_norm(x, weight=w, bias=b), [var(2, 3, 2, 3), var(3), var(3)])
    rms = lambda x, w: w * x / (x.square().mean(-1, keepdim=True) + 1e-5).sqrt()  # noqa: E731
    case("RMSNormalization@23+", rms, [var(2, 3, 4), var(4)], opset=23)
    case(
        "BatchNormalization@9+",
        lambda x, w, b, m, v: (x - m[:, None]) / (v[:, None] + 1e-5).sqrt() * w[:, None] + b[:, None],
        [var(2, 3, 4), var(3), var(3), var(3), pos(3)],
    )
    stats = [floats([0.2, -0.1, 0.4]), floats([0.7, 1.2, 0.5])]
    case("BatchNormalization@9+", lambda x, w, b, m, v: F.batch_norm(x, m, v, w, b, eps=1e-3), [var(2, 3, 2, 2), var(3), var(3), *stats], epsilon=1e-3)
    twice = lambda w: w.repeat_interleave(2)  # noqa: E731
    case("GroupNormalization@18-20", lambda x, w, b: F.group_norm(x, 2, twice(w), twice(b)), [var(2, 4, 3), var(2), var(2)], num_groups=2)
    case("GroupNormalization@21+", lambda x, w, b: F.group_norm(x, 2, w, b), [var(2, 4, 2, 2), var(4), var(4)], opset=21, num_groups=2)
    case("MeanVarianceNormalization@9+", lambda x: (x - x.mean((0, 2, 3), True)) / x.std((0, 2, 3), False, True), [var(2, 2, 2, 3)])
    case("LpNormalization@1+", lambda x: F.normalize(x, 2, 1), [var(2, 3, 2)], axis=1)
    case("LpNormalization@1+", lambda x: F.normalize(x, 1, -1), [var(2, 3)], p=1)
    case("LRN@1+", lambda x: F.local_response_norm(x, 3, 0.9, 0.6, 1.2), [var(2, 5, 2, 2)], size=3, alpha=0.9, beta=0.6, bias=1.2)


def images():
    conv = lambda *a, n=2, **k: lambda *x: getattr(F, f"conv{n}d")(*x, *a, **k)  # noqa: E731
    grow = lambda n=2, **k: lambda *x: getattr(F, f"conv_transpose{n}d")(*x, **k)  # noqa: E731
    two = lambda a: [a, a]  # noqa: E731
    case("Conv@1+", conv(stride=2, padding=1), [var(2, 2, 6, 5), var(3, 2, 3, 3), var(3)], strides=two(2), pads=[1] * 4)
    case("Conv@1+", conv(padding=1, groups=2, dilation=2), [var(1, 4, 5, 5), var(4, 2, 2, 2), var(4)], group=2, pads=[1] * 4, dilations=two(2))
    case("Conv@1+", conv(padding=1, groups=3, stride=2), [var(2, 3, 5, 5), var(6, 1, 3, 3), var(6)], group=3, pads=[1] * 4, strides=two(2))
    case("Conv@1+", conv(n=1, padding=2, groups=2), [var(2, 4, 5), var(2, 2, 3), var(2)], group=2, pads=[2, 2])
    case("Conv@1+", conv(n=3, stride=2), [var(1, 2, 3, 4, 3), var(2, 2, 2, 2, 2), var(2)], strides=[2] * 3)
    case("Conv@1+", lambda x, w: F.conv2d(x, w, padding="same"), [var(1, 2, 4, 4), var(2, 2, 2, 3)], auto_pad="SAME_UPPER")
    case("ConvTranspose@1+", grow(stride=2, padding=1), [var(2, 2, 3, 3), var(2, 3, 4, 4), var(3)], strides=two(2), pads=[1] * 4)
    case(
        "ConvTranspose@1+",
        grow(stride=2, padding=1, output_padding=1, groups=2),
        [var(1, 4, 3, 2), var(4, 1, 3, 3), var(2)],
        strides=two(2),
        pads=[1] * 4,
        output_padding=two(1),
        group=2,
    )
    case("ConvTranspose@1+", grow(n=1, dilation=2), [var(1, 2, 4), var(2, 3, 3), var(3)], dilations=[2])
    pool = {"kernel_shape": two(3), "strides": two(2), "pads": [1] * 4}
    case("MaxPool@8+", lambda x: F.max_pool2d(x, 3, 2, 1), [var(2, 2, 5, 6)], **pool)
    case("MaxPool@8+", lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), [var(1, 2, 6, 6)], ceil_mode=1, **pool)
    ties = {**var(1, 1, 4, 4), "values": [1.0] * 8 + [0.5] * 8}
    case("MaxPool@8+", lambda x: F.max_pool2d(x, 2, 2), [ties], kernel_shape=two(2), strides=two(2))
    case("MaxPool@8+", lambda x: F.max_pool1d(x, 2, 2, dilation=2), [var(2, 2, 7)], kernel_shape=[2], strides=[2], dilations=[2])
    case("AveragePool@7+", lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), [var(2, 2, 5, 6)], **pool)
    case("AveragePool@7+", lambda x: F.avg_pool2d(x, 3, 2, 1), [var(2, 2, 5, 6)], count_include_pad=1, **pool)
    case("AveragePool@7+", lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), [var(1, 2, 6, 6)], count_include_pad=1, ceil_mode=1, **pool)
    case("AveragePool@7+", lambda x: F.avg_pool2d(x, 2), [var(1, 2, 5, 4)], kernel_shape=two(2), strides=two(2))
    case("LpPool@2+", lambda x: F.lp_pool2d(x, 2, 2), [pos(1, 2, 4, 4)], kernel_shape=two(2), strides=two(2), p=2)
    case("GlobalAveragePool@1+", lambda x: F.adaptive_avg_pool2d(x, 1), [var(2, 3, 2, 3)])
    case("GlobalMaxPool@1+", lambda x: F.adaptive_max_pool2d(x, 1), [var(2, 3, 2, 3)])
    for padding in ("zeros", "border"):
        for aligned in (0, 1):
            sample = lambda x, g, p=padding, a=aligned: F.grid_sample(x, g, padding_mode=p, align_corners=bool(a))  # noqa: E731
            grid = var(2, 3, 2, 2, low=-1.4, high=1.4)
            case("GridSample@16+", sample, [var(2, 2, 3, 4), grid], opset=16 + 4 * aligned, padding_mode=padding, align_corners=aligned)
    case(
        "Col2Im@18+",
        lambda x, *_: F.fold(x, (4, 4), (2, 2), padding=1, stride=2),
        [var(1, 8, 9), ints([4, 4]), ints([2, 2])],
        pads=[1] * 4,
        strides=two(2),
    )


def resizing():
    frame = "coordinate_transformation_mode"
    by = lambda *s: {**floats([1.0, 1.0, *s]), "kind": "single"}  # noqa: E731
    sizes = lambda *s: ints([1, 2, *s])  # noqa: E731
    x = lambda: var(1, 2, 3, 4)  # noqa: E731
    up = lambda **k: lambda x, _: F.interpolate(x, **k)  # noqa: E731
    case("Resize@11+", up(scale_factor=2, mode="nearest"), [x(), None, by(2, 2)], **{frame: "asymmetric"}, mode="nearest", nearest_mode="floor")
    case("Resize@11+", up(size=(5, 3), mode="nearest"), [x(), None, None, sizes(5, 3)], **{frame: "asymmetric"}, mode="nearest", nearest_mode="floor")
    for mode, name in (("bilinear", "linear"), ("bicubic", "cubic")):
        for size in ((6, 8), (2, 7)):
            for opset in (11, 20):
                given = dict(mode=name, cubic_coeff_a=-0.75)
                case(
                    "Resize@11+",
                    up(size=size, mode=mode, align_corners=False),
                    [x(), None, None, sizes(*size)],
                    opset=opset,
                    **{frame: "pytorch_half_pixel" if opset == 11 else "half_pixel"},
                    **given,
                )
            case("Resize@11+", up(size=size, mode=mode, align_corners=True), [x(), None, None, sizes(*size)], **{frame: "align_corners"}, **given)
    case("Resize@11+", up(scale_factor=1.5, mode="linear"), [var(1, 2, 4), None, by(1.5)], **{frame: "half_pixel"}, mode="linear")


DTYPES["single"] = torch.float64
for write in (arithmetic, functions, products, moving, indexing, reductions, norms, images, resizing):
    write()
out = Path(__file__).parents[2] / "test/vectors/gradient-rules.json"
lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in CASES)
out.write_text(f'{{"cases":[\n{lines}\n]}}\n')
print(len(CASES), out.stat().st_size)
