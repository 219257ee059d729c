"""Tiny causal decoders of several families in plain PyTorch: logits, and with LoRA factors loss and gradients.

Writes test/vectors/decoders.json. Weights come from a formula (`weight`) that the test computes too, so that only
configurations and results are committed. The architectures are restated here from their public descriptions, without
`transformers`: the oracle is independent of our graph builder, not of our reading of the architectures.

Run: /usr/bin/python3 scripts/vectors/decoders.py   (PyTorch 1.13)
"""

import json
import math
import os

import torch
from torch.nn import functional as F

torch.set_num_threads(1)
OUT = os.path.join(os.path.dirname(__file__), "..", "..", "test", "vectors", "decoders.json")
RANK, SCALE = 2, 1.5
BASE = {
    "vocab_size": 23,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0,
    "tie_word_embeddings": False,
}
CASES = {
    "mistral": {"model_type": "mistral", "sliding_window": 3},
    "mistral, full": {"model_type": "mistral", "sliding_window": None, "head_dim": 6},
    "qwen2, one layer with a window": {
        "model_type": "qwen2",
        "use_sliding_window": True,
        "sliding_window": 4,
        "max_window_layers": 1,
    },
    "qwen2, layer types": {
        "model_type": "qwen2",
        "use_sliding_window": True,
        "sliding_window": 2,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "qwen3": {"model_type": "qwen3", "head_dim": 6, "tie_word_embeddings": True},
    "llama, yarn": {
        "model_type": "llama",
        "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 4},
        "head_dim": 12,
    },
    "qwen3, yarn of transformers 5": {
        "model_type": "qwen3",
        "head_dim": 8,
        "rope_parameters": {
            "rope_type": "yarn",
            "rope_theta": 500.0,
            "factor": 2.0,
            "original_max_position_embeddings": 32,
            "attention_factor": 1.3,
        },
    },
    "qwen3, biases": {"model_type": "qwen3", "head_dim": 4, "attention_bias": True},
}
ADAPTED = ["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.v_proj", "model.layers.1.mlp.down_proj"]
IDS = [[3, 1, 4, 15, 9, 2, 6, 5, 3, 5], [8, 9, 7, 9, 3, 2, 3, 0, 0, 0]]
MASK = [[1] * 10, [1] * 7 + [0] * 3]


def weight(name, *shape):
    code = sum((i + 1) * ord(letter) for i, letter in enumerate(name)) % 997
    count = math.prod(shape)
    middle = 1.0 if "norm" in name and name.endswith("weight") else 0.0
    values = [middle + 0.35 * math.sin((i + 1) ** 2 * 0.013 + code) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).to(torch.float32).view(*shape)


def rms(x, gain, epsilon):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + epsilon) * gain


def yarn(theta, size, scaling, positions_max):
    """Peng et al. 2023: high frequencies stay, low ones stretch, a ramp between; and the factor of cosines and sines."""
    factor = scaling["factor"]
    original = scaling.get("original_max_position_embeddings", positions_max)
    place = lambda turns: size * math.log(original / (turns * 2 * math.pi)) / (2 * math.log(theta))
    low = max(math.floor(place(scaling.get("beta_fast", 32))), 0)
    high = min(math.ceil(place(scaling.get("beta_slow", 1))), size - 1)
    high = high + 0.001 if low == high else high
    out = []
    for i in range(size // 2):
        frequency = theta ** (-2 * i / size)
        ramp = min(1.0, max(0.0, (i - low) / (high - low)))
        out.append(frequency / factor * ramp + frequency * (1 - ramp))
    attention = scaling.get("attention_factor") or (0.1 * math.log(factor) + 1 if factor > 1 else 1.0)
    return out, attention


def rotation(config, size, length):
    scaling = config.get("rope_scaling") or config.get("rope_parameters") or {}
    theta, attention = scaling.get("rope_theta", config["rope_theta"]), 1.0
    frequencies = [theta ** (-2 * i / size) for i in range(size // 2)]
    if scaling.get("rope_type") == "yarn":
        frequencies, attention = yarn(theta, size, scaling, config["max_position_embeddings"])
    angles = torch.outer(torch.arange(length, dtype=torch.float64), torch.tensor(frequencies, dtype=torch.float64))
    angles = torch.cat([angles, angles], -1)
    return (angles.cos() * attention).float(), (angles.sin() * attention).float()


def rotate(x, waves):
    cosine, sine = waves
    first, second = x.chunk(2, -1)
    return x * cosine + torch.cat([-second, first], -1) * sine


def windows(config):
    count, kind = config["num_hidden_layers"], config["model_type"]
    window = config.get("sliding_window")
    if kind == "mistral":
        return [window] * count
    if not config.get("use_sliding_window"):
        return [None] * count
    kinds = config.get("layer_types")
    if kinds:
        return [window if kind == "sliding_attention" else None for kind in kinds]
    return [window if i >= config["max_window_layers"] else None for i in range(count)]


class Model:
    def __init__(self, config, adapted=()):
        self.config = config
        self.adapted = adapted
        self.factors = {}

    def linear(self, x, name, out, bias):
        base = F.linear(x, weight(f"{name}.weight", out, x.shape[-1]))
        if bias:
            base = base + weight(f"{name}.bias", out)
        if name not in self.adapted:
            return base
        if name not in self.factors:
            a = weight(f"{name}.lora_A", RANK, x.shape[-1]).requires_grad_()
            b = weight(f"{name}.lora_B", out, RANK).requires_grad_()
            self.factors[name] = (a, b)
        a, b = self.factors[name]
        return base + SCALE * F.linear(F.linear(x, a), b)

    def attention(self, x, path, mask, waves):
        c = self.config
        heads, groups = c["num_attention_heads"], c["num_key_value_heads"]
        size = c.get("head_dim", c["hidden_size"] // heads)
        batch, length, _ = x.shape
        is_qwen2 = c["model_type"] == "qwen2"
        has_bias = is_qwen2 or c.get("attention_bias", False)
        q = self.linear(x, f"{path}.q_proj", heads * size, has_bias).view(batch, length, heads, size)
        k = self.linear(x, f"{path}.k_proj", groups * size, has_bias).view(batch, length, groups, size)
        v = self.linear(x, f"{path}.v_proj", groups * size, has_bias).view(batch, length, groups, size)
        if c["model_type"] == "qwen3":
            q = rms(q, weight(f"{path}.q_norm.weight", size), c["rms_norm_eps"])
            k = rms(k, weight(f"{path}.k_norm.weight", size), c["rms_norm_eps"])
        q, k, v = (part.transpose(1, 2) for part in (q, k, v))
        q, k = rotate(q, waves), rotate(k, waves)
        k, v = (part.repeat_interleave(heads // groups, 1) for part in (k, v))
        scores = (q @ k.transpose(-1, -2)) / math.sqrt(size)
        shares = scores.masked_fill(~mask, float("-inf")).softmax(-1)
        mixed = (shares @ v).transpose(1, 2).reshape(batch, length, heads * size)
        return self.linear(mixed, f"{path}.o_proj", c["hidden_size"], has_bias and not is_qwen2)

    def logits(self, ids, tokens):
        c = self.config
        hidden, epsilon = c["hidden_size"], c["rms_norm_eps"]
        embedded = weight("model.embed_tokens.weight", c["vocab_size"], hidden)
        x = F.embedding(ids, embedded)
        length = ids.shape[1]
        size = c.get("head_dim", hidden // c["num_attention_heads"])
        waves = rotation(c, size, length)
        distance = torch.arange(length)[:, None] - torch.arange(length)[None, :]
        for i, window in enumerate(windows(c)):
            seen = (distance >= 0) & (distance < (window or length))
            # Padding stands at the end: each row sees its own token at least, so no row is empty.
            mask = (seen & tokens[:, None, :].bool())[:, None] | torch.eye(length, dtype=torch.bool)
            path = f"model.layers.{i}"
            normed = rms(x, weight(f"{path}.input_layernorm.weight", hidden), epsilon)
            x = x + self.attention(normed, f"{path}.self_attn", mask, waves)
            normed = rms(x, weight(f"{path}.post_attention_layernorm.weight", hidden), epsilon)
            gate = self.linear(normed, f"{path}.mlp.gate_proj", c["intermediate_size"], False)
            up = self.linear(normed, f"{path}.mlp.up_proj", c["intermediate_size"], False)
            x = x + self.linear(F.silu(gate) * up, f"{path}.mlp.down_proj", hidden, False)
        x = rms(x, weight("model.norm.weight", hidden), epsilon)
        head = embedded if c["tie_word_embeddings"] else weight("lm_head.weight", c["vocab_size"], hidden)
        return F.linear(x, head)


def rounded(values):
    return [float(f"{value:.8g}") for value in values.detach().flatten().tolist()]


def case(fields):
    config = {**BASE, **fields}
    model = Model(config, ADAPTED)
    ids, tokens = torch.tensor(IDS), torch.tensor(MASK)
    logits = model.logits(ids, tokens)
    labels = torch.where(tokens.bool(), ids, torch.tensor(-100))
    loss = F.cross_entropy(logits[:, :-1].reshape(-1, config["vocab_size"]), labels[:, 1:].reshape(-1))
    loss.backward()
    gradients = {}
    for name, (a, b) in sorted(model.factors.items()):
        gradients[f"{name}.lora_A"] = rounded(a.grad)
        gradients[f"{name}.lora_B"] = rounded(b.grad)
    # Places whose logits are compared: the last of each row, and those before that reach beyond a window.
    places = [[0, 2], [0, 9], [1, 6]]
    plain = Model(config).logits(ids, tokens)
    picked = [rounded(plain[row, at]) for row, at in places]
    return {"config": config, "loss": loss.item(), "places": places, "logits": picked, "gradients": gradients}


cases = {name: case(fields) for name, fields in CASES.items()}
text = json.dumps({"ids": IDS, "mask": MASK, "rank": RANK, "scale": SCALE, "cases": cases}, separators=(",", ":"))
with open(OUT, "w") as file:
    file.write(text.replace('},"', '},\n"') + "\n")
print(len(text))
