"""Graphs of models that are in no fixture, as torch.onnx.export writes them, and PyTorch's gradients for them.

Run with PyTorch 1.13: `python3 scripts/vectors/graphs/generate.py`. Writes, into test/vectors/graphs/, each model's graph
(NAME.onnx.gz), the inputs, labels and gradients (NAME.safetensors), and index.json. The graph is exported with inputs of one
size, and gradients are taken at another: batch and lengths are open. Gradients are those of the sum of the losses, by
initializer of the graph (`grad.`, transposed where the exporter transposed the weight; an initializer that is one of several
copies is listed with the others), and by LoRA factors on every linear module and every convolution of all channels (`lora.`;
those of mobilenet the exporter merges with its batch norms, so they are left out), whose values are those of `factor`.
"""

import gzip
import io
import json
import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

sys.path.insert(0, str(Path(__file__).parent))
import image_models as images  # noqa: E402
import text_models as texts  # noqa: E402

OUT = Path(__file__).parents[3] / "test/vectors/graphs"
RANK, SCALE = 2, 0.5
warnings.filterwarnings("ignore")
torch.manual_seed(20)


def ids(*shape):
    return torch.randint(0, texts.VOCABULARY, shape)


def mask(batch, length):
    lengths = torch.tensor([length - i % 3 for i in range(batch)])
    return (torch.arange(length)[None, :] < lengths[:, None]).long()


def lm(batch, length):
    return {"input_ids": ids(batch, length), "attention_mask": mask(batch, length)}


def cached(batch, length, past):
    both = {name: picture(batch, texts.HEADS, past, texts.SIZE) for name in ("past_key", "past_value")}
    return {"input_ids": ids(batch, length), "attention_mask": mask(batch, past + length), **both}


def picture(*shape):
    return torch.randn(*shape)


TEXT = {"input_ids": {0: "batch", 1: "sequence"}, "attention_mask": {0: "batch", 1: "sequence"}}
BATCH = {"pixel_values": {0: "batch"}}
SIZES = {"pixel_values": {0: "batch", 2: "height", 3: "width"}}
# Name, model, loss, operator set, open axes, inputs at the export, inputs of the gradients.
CASES = [
    ("opt", texts.Opt, "causal-lm", 14, TEXT, lm(2, 5), lm(3, 7)),
    ("neox", texts.NeoX, "causal-lm", 13, TEXT, lm(2, 5), lm(3, 7)),
    ("bloom", texts.Bloom, "causal-lm", 12, TEXT, lm(2, 5), lm(3, 7)),
    ("falcon", texts.Falcon, "causal-lm", 15, TEXT, lm(2, 5), lm(3, 7)),
    (
        "cached",
        texts.Cached,
        "causal-lm",
        14,
        {
            "input_ids": TEXT["input_ids"],
            "attention_mask": {0: "batch", 1: "past_sequence + sequence"},
            "past_key": {0: "batch", 2: "past_sequence"},
            "past_value": {0: "batch", 2: "past_sequence"},
        },
        cached(2, 5, 3),
        cached(3, 7, 0),
    ),
    (
        "t5",
        texts.T5,
        "classification",
        17,
        {**TEXT, "decoder_input_ids": {0: "batch", 1: "decoder_sequence"}},
        {**lm(2, 5), "decoder_input_ids": ids(2, 4)},
        {**lm(3, 11), "decoder_input_ids": ids(3, 9)},
    ),
    (
        "albert",
        texts.Albert,
        "classification",
        11,
        {**TEXT, "token_type_ids": {0: "batch", 1: "sequence"}},
        {**lm(2, 5), "token_type_ids": torch.zeros(2, 5).long()},
        {**lm(3, 7), "token_type_ids": torch.ones(3, 7).long()},
    ),
    ("deberta", texts.Deberta, "classification", 16, TEXT, lm(2, 5), lm(3, 9)),
    ("mamba", texts.Mamba, "causal-lm", 17, {"input_ids": {0: "batch"}}, {"input_ids": ids(2, 6)}, {"input_ids": ids(3, 6)}),
    ("moe", texts.MixtureOfExperts, "causal-lm", 16, {"input_ids": TEXT["input_ids"]}, {"input_ids": ids(2, 5)}, {"input_ids": ids(3, 7)}),
    ("moe-sparse", texts.SparseExperts, "causal-lm", 16, {"input_ids": TEXT["input_ids"]}, {"input_ids": ids(2, 5)}, {"input_ids": ids(3, 9)}),
    ("resnet", images.Resnet, "classification", 11, SIZES, {"pixel_values": picture(2, 3, 16, 16)}, {"pixel_values": picture(3, 3, 21, 18)}),
    ("mobilenet", images.Mobilenet, "classification", 14, SIZES, {"pixel_values": picture(2, 3, 16, 16)}, {"pixel_values": picture(3, 3, 19, 22)}),
    ("convnext", images.Convnext, "classification", 13, SIZES, {"pixel_values": picture(2, 3, 24, 24)}, {"pixel_values": picture(3, 3, 16, 24)}),
    ("swin", images.Swin, "classification", 12, BATCH, {"pixel_values": picture(2, 3, 8, 8)}, {"pixel_values": picture(3, 3, 8, 8)}),
    (
        "whisper",
        images.Whisper,
        "mse",
        17,
        {"input_features": {0: "batch", 2: "frames"}},
        {"input_features": picture(2, 6, 10)},
        {"input_features": picture(3, 6, 15)},
    ),
    (
        "clip",
        images.Clip,
        "classification",
        14,
        {"input_ids": TEXT["input_ids"], "pixel_values": {0: "image_batch"}},
        {"input_ids": ids(2, 5), "pixel_values": picture(2, 3, 8, 8)},
        {"input_ids": ids(4, 7), "pixel_values": picture(4, 3, 8, 8)},
    ),
    (
        "vae",
        images.VaeDecoder,
        "mse",
        15,
        {"latents": {0: "batch", 2: "height", 3: "width"}},
        {"latents": picture(1, 4, 4, 4)},
        {"latents": picture(2, 4, 2, 4)},
    ),
    ("pyramid", images.Pyramid, "mse", 16, SIZES, {"pixel_values": picture(1, 3, 12, 12)}, {"pixel_values": picture(2, 3, 14, 10)}),
    ("lstm", texts.Recurrent, "classification", 17, {"input_ids": TEXT["input_ids"]}, {"input_ids": ids(2, 5)}, {"input_ids": ids(3, 7)}),
]


def factor(count, phase):
    """Values that the test makes too."""
    return np.float32(0.4 * np.sin(0.7 * np.arange(count) + phase))


class Lora(nn.Module):
    """y = base(x) + s·(x·Aᵀ)·Bᵀ, put in place of a linear module."""

    def __init__(self, base, place):
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.tensor(factor(RANK * base.in_features, place)).double().view(RANK, base.in_features))
        self.b = nn.Parameter(torch.tensor(factor(base.out_features * RANK, place + 0.5)).double().view(base.out_features, RANK))

    def forward(self, x):
        return self.base(x) + SCALE * F.linear(F.linear(x, self.a), self.b)


class ConvolutionLora(nn.Module):
    """y = base(x) + s·B(A(x)), as PEFT adapts a convolution: A has its window, B looks at one point."""

    def __init__(self, base, place):
        super().__init__()
        self.base = base
        shape = (RANK, base.in_channels, *base.kernel_size)
        self.a = nn.Parameter(torch.tensor(factor(int(np.prod(shape)), place)).double().view(shape))
        shape = (base.out_channels, RANK, 1, 1)
        self.b = nn.Parameter(torch.tensor(factor(base.out_channels * RANK, place + 0.5)).double().view(shape))

    def forward(self, x):
        narrow = F.conv2d(x, self.a, stride=self.base.stride, padding=self.base.padding)
        return self.base(x) + SCALE * F.conv2d(narrow, self.b)


def is_adapted(name, module):
    is_convolution = type(module) is nn.Conv2d and module.groups == 1 and name != "mobilenet"
    return type(module) is nn.Linear or is_convolution


def loss_sum(kind, output, labels):
    if kind == "mse":
        return ((output - labels) ** 2).sum()
    if kind == "causal-lm":
        output, labels = output[:, :-1], labels[:, 1:]
    return F.cross_entropy(output.reshape(-1, output.shape[-1]), labels.reshape(-1), ignore_index=-100, reduction="sum")


def labels_for(kind, output):
    if kind == "mse":
        return torch.randn_like(output)
    shape = output.shape[:-1]
    labels = torch.randint(0, output.shape[-1], shape)
    if len(shape) > 1:
        labels[0, -2:] = -100
    return labels


def single(value):
    return value.float().numpy().copy()


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """Fields of a protocol buffer message: (number, integer or bytes)."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            size = 8 if key & 7 == 1 else 4
            value, at = data[at : at + size], at + size
        yield key >> 3, value


def initializers(model):
    """Float initializers by name (ModelProto.graph = 7, GraphProto.initializer = 5; TensorProto: dims 1, type 2, name 8, raw 9)."""
    graph = next(value for number, value in fields(model) if number == 7)
    found = {}
    for tensor in (value for number, value in fields(graph) if number == 5):
        parts = list(fields(tensor))
        kind = next(value for number, value in parts if number == 2)
        if kind == 1:
            dims = [value for number, value in parts if number == 1]
            raw = next(value for number, value in parts if number == 9)
            found[next(value for number, value in parts if number == 8).decode()] = np.frombuffer(raw, np.float32).reshape(dims)
    return found


def places_of(weight, tensors):
    """Initializers that hold a weight, and whether transposed."""
    places = []
    for name, tensor in tensors.items():
        if tensor.shape == weight.shape and np.array_equal(tensor, weight):
            places.append([name, False])
        elif weight.ndim == 2 and tensor.shape == weight.T.shape and np.array_equal(tensor, weight.T):
            places.append([name, True])
    return places


def save(path, tensors):
    header, offset, parts = {}, 0, []
    for name, value in tensors.items():
        array = np.ascontiguousarray(value)
        kind = {"float32": "F32", "int64": "I64"}[str(array.dtype)]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
        parts.append(array.tobytes())
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def gradients(model, kind, inputs, labels):
    model.zero_grad()
    output = model(*inputs.values())
    loss = loss_sum(kind, output, labels)
    loss.backward()
    return loss.item()


def generate(name, make, kind, opset, axes, sample, inputs):
    torch.manual_seed(len(name) * 7919 + sum(map(ord, name)))
    model = make().eval()
    for weight in model.parameters():
        if weight.dim() == 1:
            weight.data.add_(torch.randn_like(weight) * 0.2)
    file = io.BytesIO()
    # One of the two that have batch norms keeps them; in the other the exporter folds them into the convolutions.
    mode = torch.onnx.TrainingMode.PRESERVE if name == "resnet" else torch.onnx.TrainingMode.EVAL
    torch.onnx.export(
        model,
        tuple(sample.values()),
        file,
        opset_version=opset,
        input_names=list(sample),
        output_names=["logits"],
        dynamic_axes={**axes, "logits": {0: "batch"}},
        training=mode,
    )
    graph = file.getvalue()
    with torch.no_grad():
        labels = labels_for(kind, model(*inputs.values()))
    tensors = {f"input.{key}": value.numpy() for key, value in inputs.items()}
    tensors["labels"] = labels.numpy()
    found, weights = initializers(graph), []
    stored = {key: places_of(weight.detach().numpy(), found) for key, weight in model.named_parameters()}
    # In double: 1.13's GELU has wrong gradients in single precision where what arrives is not contiguous.
    torch.set_default_dtype(torch.float64)
    model.double()
    inputs = {key: value.double() if value.is_floating_point() else value for key, value in inputs.items()}
    labels = labels.double() if labels.is_floating_point() else labels
    loss = gradients(model, kind, inputs, labels)
    largest = {key: weight.grad.abs().max().item() for key, weight in model.named_parameters() if weight.grad is not None}
    for key, weight in model.named_parameters():
        places = stored[key]
        # Scalars are not trained in full mode. What a norm or a softmax takes away again has rounding errors for gradients.
        if places and weight.numel() > 1 and largest.get(key, 0) > 1e-4 * max(largest.values()):
            tensors[f"grad.{key}"] = single(weight.grad)
            weights.append({"name": key, "places": places})
    modules = [key for key, module in model.named_modules() if is_adapted(name, module)]
    for place, key in enumerate(modules):
        parent, _, last = key.rpartition(".")
        owner = model.get_submodule(parent)
        base = getattr(owner, last)
        setattr(owner, last, (Lora if type(base) is nn.Linear else ConvolutionLora)(base, place))
    lora_loss = gradients(model, kind, inputs, labels)
    for key in modules:
        module = model.get_submodule(key)
        tensors[f"lora.{key}.a"], tensors[f"lora.{key}.b"] = single(module.a.grad), single(module.b.grad)
    torch.set_default_dtype(torch.float32)
    (OUT / f"{name}.onnx.gz").write_bytes(gzip.compress(graph, mtime=0))
    save(OUT / f"{name}.safetensors", tensors)
    print(name, len(graph), sum(value.nbytes for value in tensors.values()), len(weights), len(modules), f"{loss:.4f}")
    return {
        "name": name,
        "opset": opset,
        "loss": kind,
        "lossSum": loss,
        "loraLossSum": lora_loss,
        "weights": weights,
        "modules": modules,
    }


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    chosen = sys.argv[1:]
    entries = [generate(*case) for case in CASES if not chosen or case[0] in chosen]
    if not chosen:
        lines = ",\n".join(json.dumps(entry, separators=(",", ":")) for entry in entries)
        (OUT / "index.json").write_text(f'{{"rank":{RANK},"scale":{SCALE},"graphs":[\n{lines}\n]}}\n')
