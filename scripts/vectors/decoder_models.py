"""Causal decoders of several families in plain PyTorch, for decoders.py.

Weights come from a formula (`weight`) that the tests compute too. The architectures are restated here from their public
descriptions, without `transformers`: the oracle is independent of our graph builder, not of our reading of them.
"""

import math

import torch
from torch.nn import functional as F

RANK, SCALE = 2, 1.5


LEAVES = {}


def weight(name, *shape):
    """The tensor of a name, the same one each time."""
    if name not in LEAVES:
        LEAVES[name] = formula(name, *shape)
    return LEAVES[name]


def formula(name, *shape):
    code = sum((i + 1) * ord(letter) for i, letter in enumerate(name)) % 997
    count = math.prod(shape)
    middle = 1.0 if "norm" in name and name.endswith("weight") else 0.0
    values = [middle + 0.35 * math.sin((i + 1) ** 2 * 0.013 + code) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).float().double().view(*shape)


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


def dynamic(theta, size, factor, original, length):
    """NTK-aware: the base grows so that the slowest wave stretches with the length."""
    longest = max(length, original)
    base = theta * (factor * longest / original - (factor - 1)) ** (size / (size - 2))
    return [base ** (-2 * i / size) for i in range(size // 2)]


def longrope(theta, size, scaling, config, length):
    """Ding et al. 2024: a factor for each pair, and louder scores by the ratio of the lengths."""
    original = config.get("original_max_position_embeddings") or scaling["original_max_position_embeddings"]
    factors = scaling["long_factor"] if length > original else scaling["short_factor"]
    ratio = config["max_position_embeddings"] / original
    attention = math.sqrt(1 + math.log(ratio) / math.log(original)) if ratio > 1 else 1.0
    return [1 / (factor * theta ** (2 * i / size)) for i, factor in enumerate(factors)], attention


def rotation(config, size, length):
    scaling = config.get("rope_scaling") or config.get("rope_parameters") or {}
    theta, attention = scaling.get("rope_theta", config["rope_theta"]), 1.0
    frequencies = [theta ** (-2 * i / size) for i in range(size // 2)]
    if scaling.get("rope_type") == "yarn":
        frequencies, attention = yarn(theta, size, scaling, config["max_position_embeddings"])
    kind = scaling.get("rope_type") or scaling.get("type")
    if kind == "dynamic":
        frequencies = dynamic(theta, size, scaling["factor"], config["max_position_embeddings"], length)
    if kind in ("longrope", "su"):
        frequencies, attention = longrope(theta, size, scaling, config, length)
    if kind == "linear":
        frequencies = [frequency / scaling["factor"] for frequency in frequencies]
    angles = torch.outer(torch.arange(length, dtype=torch.float64), torch.tensor(frequencies, dtype=torch.float64))
    angles = torch.cat([angles, angles], -1)
    return angles.cos() * attention, angles.sin() * attention


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

    def linear(self, x, name, out, bias, is_conv1d=False):
        stored = (x.shape[-1], out) if is_conv1d else (out, x.shape[-1])
        matrix = weight(f"{name}.weight", *stored)
        base = F.linear(x, matrix.t() if is_conv1d else matrix)
        if bias:
            base = base + weight(f"{name}.bias", out)
        if name not in self.adapted:
            return base
        if name not in self.factors:
            a = formula(f"{name}.lora_A", RANK, x.shape[-1]).requires_grad_()
            b = formula(f"{name}.lora_B", out, RANK).requires_grad_()
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


def visible(tokens, window):
    """[batch, 1, length, length]: each token sees the tokens before it, and itself even if it is padding."""
    length = tokens.shape[1]
    distance = torch.arange(length)[:, None] - torch.arange(length)[None, :]
    seen = (distance >= 0) & (distance < (window or length))
    return (seen & tokens[:, None, :].bool())[:, None] | torch.eye(length, dtype=torch.bool)


def heads_of(x, count):
    return x.view(*x.shape[:2], count, -1).transpose(1, 2)


def attend(q, k, v, mask, scale, cap=None):
    """[batch, heads, length, size] each, fewer heads of keys and values. Rows of all heads side by side."""
    k, v = (part.repeat_interleave(q.shape[1] // part.shape[1], 1) for part in (k, v))
    scores = q @ k.transpose(-1, -2) * scale
    if cap:
        scores = torch.tanh(scores / cap) * cap
    mixed = scores.masked_fill(~mask, float("-inf")).softmax(-1) @ v
    return mixed.transpose(1, 2).flatten(2)


def rotate_part(x, waves, size):
    return torch.cat([rotate(x[..., :size], waves), x[..., size:]], -1)


def layer_norm(x, name, epsilon):
    width = x.shape[-1]
    return F.layer_norm(x, (width,), weight(f"{name}.weight", width), weight(f"{name}.bias", width), epsilon)


class Gpt2(Model):
    def logits(self, ids, tokens):
        c = self.config
        width, heads, length = c["n_embd"], c["n_head"], ids.shape[1]
        embedded = weight("transformer.wte.weight", c["vocab_size"], width)
        places = weight("transformer.wpe.weight", c["n_positions"], width)
        x = embedded[ids] + places[:length]
        mask = visible(tokens, None)
        for i in range(c["n_layer"]):
            path = f"transformer.h.{i}"
            normed = layer_norm(x, f"{path}.ln_1", c["layer_norm_epsilon"])
            q, k, v = self.linear(normed, f"{path}.attn.c_attn", 3 * width, True, True).split(width, -1)
            scale = 1 / math.sqrt(width // heads) if c.get("scale_attn_weights", True) else 1.0
            if c.get("scale_attn_by_inverse_layer_idx"):
                scale /= i + 1
            mixed = attend(heads_of(q, heads), heads_of(k, heads), heads_of(v, heads), mask, scale)
            x = x + self.linear(mixed, f"{path}.attn.c_proj", width, True, True)
            normed = layer_norm(x, f"{path}.ln_2", c["layer_norm_epsilon"])
            inner = self.linear(normed, f"{path}.mlp.c_fc", c.get("n_inner") or 4 * width, True, True)
            cubic = inner + 0.044715 * inner**3
            inner = 0.5 * inner * (1 + torch.tanh(math.sqrt(2 / math.pi) * cubic))
            x = x + self.linear(inner, f"{path}.mlp.c_proj", width, True, True)
        return F.linear(layer_norm(x, "transformer.ln_f", c["layer_norm_epsilon"]), embedded)


class GptNeoX(Model):
    def logits(self, ids, tokens):
        c = self.config
        width, heads, epsilon = c["hidden_size"], c["num_attention_heads"], c["layer_norm_eps"]
        size = width // heads
        rope = c.get("rope_parameters") or {}
        turning = int(size * rope.get("partial_rotary_factor", c.get("rotary_pct", 0.25)))
        theta = rope.get("rope_theta", c.get("rotary_emb_base", 10000.0))
        waves = rotation({**c, "rope_theta": theta}, turning, ids.shape[1])
        bias = c.get("attention_bias", True)
        x = weight("gpt_neox.embed_in.weight", c["vocab_size"], width)[ids]
        mask = visible(tokens, None)
        for i in range(c["num_hidden_layers"]):
            path = f"gpt_neox.layers.{i}"
            normed = layer_norm(x, f"{path}.input_layernorm", epsilon)
            fused = self.linear(normed, f"{path}.attention.query_key_value", 3 * width, bias)
            q, k, v = heads_of(fused, heads).chunk(3, -1)
            q, k = rotate_part(q, waves, turning), rotate_part(k, waves, turning)
            mixed = attend(q, k, v, mask, 1 / math.sqrt(size))
            attended = self.linear(mixed, f"{path}.attention.dense", width, bias)
            read = x if c.get("use_parallel_residual", True) else x + attended
            normed = layer_norm(read, f"{path}.post_attention_layernorm", epsilon)
            inner = F.gelu(self.linear(normed, f"{path}.mlp.dense_h_to_4h", c["intermediate_size"], True))
            x = x + attended + self.linear(inner, f"{path}.mlp.dense_4h_to_h", width, True)
        x = layer_norm(x, "gpt_neox.final_layer_norm", epsilon)
        return F.linear(x, weight("embed_out.weight", c["vocab_size"], width))


class Gemma(Model):
    """Gemma 2 and 3, text."""

    ROOT = "model"

    def norm(self, x, name):
        stored = weight(f"{name}.weight", x.shape[-1])
        return rms(x, 1 + stored, self.config["rms_norm_eps"])

    def layer(self, i):
        """Window, waves' base and scaling."""
        c = self.config
        is_third = c["model_type"] != "gemma2"
        every = c.get("sliding_window_pattern", 6) if is_third else 2
        is_local = (i + 1) % every != 0 if is_third else i % 2 == 0
        if c.get("layer_types"):
            is_local = c["layer_types"][i] == "sliding_attention"
        window = c["sliding_window"] if is_local else None
        if not is_third:
            return window, {"rope_theta": c["rope_theta"]}
        by_kind = c.get("rope_parameters")
        if by_kind:
            return window, by_kind["sliding_attention" if is_local else "full_attention"]
        if is_local:
            return window, {"rope_theta": c["rope_local_base_freq"]}
        return window, {"rope_theta": c["rope_theta"], **(c.get("rope_scaling") or {})}

    def logits(self, ids, tokens):
        c, root = self.config, self.ROOT
        width, heads, groups = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
        size, bias = c["head_dim"], c.get("attention_bias", False)
        embedded = weight(f"{root}.embed_tokens.weight", c["vocab_size"], width)
        x = embedded[ids] * torch.tensor(math.sqrt(width), dtype=torch.float32).to(embedded.dtype)
        for i in range(c["num_hidden_layers"]):
            path = f"{root}.layers.{i}"
            window, rope = self.layer(i)
            waves = rotation({**c, "rope_scaling": None, "rope_parameters": rope}, size, ids.shape[1])
            normed = self.norm(x, f"{path}.input_layernorm")
            q = heads_of(self.linear(normed, f"{path}.self_attn.q_proj", heads * size, bias), heads)
            k = heads_of(self.linear(normed, f"{path}.self_attn.k_proj", groups * size, bias), groups)
            v = heads_of(self.linear(normed, f"{path}.self_attn.v_proj", groups * size, bias), groups)
            if c["model_type"] != "gemma2":
                q, k = self.norm(q, f"{path}.self_attn.q_norm"), self.norm(k, f"{path}.self_attn.k_norm")
            scale = c["query_pre_attn_scalar"] ** -0.5
            cap = c.get("attn_logit_softcapping")
            mixed = attend(rotate(q, waves), rotate(k, waves), v, visible(tokens, window), scale, cap)
            attended = self.linear(mixed, f"{path}.self_attn.o_proj", width, bias)
            x = x + self.norm(attended, f"{path}.post_attention_layernorm")
            normed = self.norm(x, f"{path}.pre_feedforward_layernorm")
            gate = self.linear(normed, f"{path}.mlp.gate_proj", c["intermediate_size"], False)
            gate = 0.5 * gate * (1 + torch.tanh(math.sqrt(2 / math.pi) * (gate + 0.044715 * gate**3)))
            up = self.linear(normed, f"{path}.mlp.up_proj", c["intermediate_size"], False)
            out = self.linear(gate * up, f"{path}.mlp.down_proj", width, False)
            x = x + self.norm(out, f"{path}.post_feedforward_layernorm")
        logits = F.linear(self.norm(x, f"{root}.norm"), embedded)
        cap = c.get("final_logit_softcapping")
        return torch.tanh(logits / cap) * cap if cap else logits


class NestedGemma(Gemma):
    """The text part of a model that also sees images."""

    ROOT = "model.language_model"

    def __init__(self, config, adapted=()):
        super().__init__({**config["text_config"]}, adapted)


class Phi3(Model):
    def logits(self, ids, tokens):
        c = self.config
        width, heads, groups = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
        size, epsilon = width // heads, c["rms_norm_eps"]
        turning = int(size * c.get("partial_rotary_factor", 1.0))
        waves = rotation(c, turning, ids.shape[1])
        x = weight("model.embed_tokens.weight", c["vocab_size"], width)[ids]
        mask = visible(tokens, c.get("sliding_window"))
        for i in range(c["num_hidden_layers"]):
            path = f"model.layers.{i}"
            normed = rms(x, weight(f"{path}.input_layernorm.weight", width), epsilon)
            fused = self.linear(normed, f"{path}.self_attn.qkv_proj", (heads + 2 * groups) * size, False)
            q, k, v = fused.split([heads * size, groups * size, groups * size], -1)
            q = rotate_part(heads_of(q, heads), waves, turning)
            k = rotate_part(heads_of(k, groups), waves, turning)
            mixed = attend(q, k, heads_of(v, groups), mask, 1 / math.sqrt(size))
            x = x + self.linear(mixed, f"{path}.self_attn.o_proj", width, False)
            normed = rms(x, weight(f"{path}.post_attention_layernorm.weight", width), epsilon)
            both = self.linear(normed, f"{path}.mlp.gate_up_proj", 2 * c["intermediate_size"], False)
            gate, up = both.chunk(2, -1)
            x = x + self.linear(F.silu(gate) * up, f"{path}.mlp.down_proj", width, False)
        x = rms(x, weight("model.norm.weight", width), epsilon)
        return F.linear(x, weight("lm_head.weight", c["vocab_size"], width))


class Olmo2(Model):
    def logits(self, ids, tokens):
        c = self.config
        width, heads, groups = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"]
        size, epsilon, bias = width // heads, c["rms_norm_eps"], c.get("attention_bias", False)
        waves = rotation(c, size, ids.shape[1])
        x = weight("model.embed_tokens.weight", c["vocab_size"], width)[ids]
        mask = visible(tokens, None)
        norm = lambda values, name: rms(values, weight(f"{name}.weight", values.shape[-1]), epsilon)
        for i in range(c["num_hidden_layers"]):
            path = f"model.layers.{i}"
            q = norm(self.linear(x, f"{path}.self_attn.q_proj", heads * size, bias), f"{path}.self_attn.q_norm")
            k = norm(self.linear(x, f"{path}.self_attn.k_proj", groups * size, bias), f"{path}.self_attn.k_norm")
            v = self.linear(x, f"{path}.self_attn.v_proj", groups * size, bias)
            q, k = rotate(heads_of(q, heads), waves), rotate(heads_of(k, groups), waves)
            mixed = attend(q, k, heads_of(v, groups), mask, 1 / math.sqrt(size))
            attended = self.linear(mixed, f"{path}.self_attn.o_proj", width, bias)
            x = x + norm(attended, f"{path}.post_attention_layernorm")
            gate = self.linear(x, f"{path}.mlp.gate_proj", c["intermediate_size"], False)
            up = self.linear(x, f"{path}.mlp.up_proj", c["intermediate_size"], False)
            out = self.linear(F.silu(gate) * up, f"{path}.mlp.down_proj", width, False)
            x = x + norm(out, f"{path}.post_feedforward_layernorm")
        return F.linear(norm(x, "model.norm"), weight("lm_head.weight", c["vocab_size"], width))


MODELS = {
    "gpt2": Gpt2,
    "gpt_neox": GptNeoX,
    "gemma2": Gemma,
    "gemma3_text": Gemma,
    "gemma3": NestedGemma,
    "phi3": Phi3,
    "olmo2": Olmo2,
}
