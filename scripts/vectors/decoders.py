"""Tiny causal decoders of several families in plain PyTorch: logits, and with LoRA factors loss and gradients.

Writes test/vectors/decoders.json. Weights come from a formula (`weight`) that the test computes too, so that only
configurations and results are committed. The architectures are restated here from their public descriptions, in
decoder_models.py, in float64 on weights that f32 holds, without `transformers`: the oracle is independent of our graph builder, not of our reading of them.

Run: /usr/bin/python3 scripts/vectors/decoders.py   (PyTorch 1.13)
"""

import json
import os

import torch
from torch.nn import functional as F

from decoder_models import LEAVES, MODELS, RANK, SCALE, Model, formula

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)
OUT = os.path.join(os.path.dirname(__file__), "..", "..", "test", "vectors", "decoders.json")
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
GPT2 = {"vocab_size": 23, "n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 64, "layer_norm_epsilon": 1e-5}
NEOX = {"model_type": "gpt_neox", "layer_norm_eps": 1e-5, "num_key_value_heads": 4}
# Gains are about two here: with the scalar of a head of six, scores would saturate and rounding alone would fill the bar.
GEMMA = {"head_dim": 6, "query_pre_attn_scalar": 60, "sliding_window": 3, "tie_word_embeddings": True}
PHI3 = {"model_type": "phi3", "original_max_position_embeddings": 64}
CASES |= {
    "gpt2": {"model_type": "gpt2", **GPT2},
    "gpt2, scores by layer": {
        "model_type": "gpt2",
        **GPT2,
        "n_inner": 24,
        "scale_attn_weights": False,
        "scale_attn_by_inverse_layer_idx": True,
    },
    "gpt_neox": {**NEOX, "hidden_size": 32, "rotary_pct": 0.25},
    "gpt_neox, one after the other": {
        **NEOX,
        "use_parallel_residual": False,
        "attention_bias": False,
        "rope_parameters": {"rope_type": "default", "rope_theta": 500.0, "partial_rotary_factor": 0.5},
    },
    "gemma2": {"model_type": "gemma2", **GEMMA, "attn_logit_softcapping": 2.0, "final_logit_softcapping": 1.5},
    "gemma3_text": {
        "model_type": "gemma3_text",
        **GEMMA,
        "num_hidden_layers": 3,
        "sliding_window_pattern": 2,
        "rope_theta": 5000.0,
        "rope_local_base_freq": 100.0,
        "rope_scaling": {"rope_type": "linear", "factor": 8.0},
    },
    "gemma3, inside of a model that sees images": {
        "model_type": "gemma3",
        "vocab_size": 23,
        "text_config": {
            **BASE,
            **GEMMA,
            "model_type": "gemma3_text",
            "layer_types": ["full_attention", "sliding_attention"],
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 2.0, "rope_theta": 5000.0},
                "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
            },
        },
    },
    "phi3": {**PHI3, "sliding_window": 4},
    "phi3, longrope within the first length": {
        **PHI3,
        "hidden_size": 32,
        "partial_rotary_factor": 0.75,
        "original_max_position_embeddings": 16,
        "rope_scaling": {"type": "longrope", "short_factor": [1.0, 1.1, 1.3], "long_factor": [1.0, 3.0, 9.0]},
    },
    "phi3, longrope beyond it": {
        **PHI3,
        "original_max_position_embeddings": 6,
        "rope_scaling": {"type": "su", "short_factor": [1.0, 1.2], "long_factor": [1.5, 6.0]},
    },
    "olmo2": {"model_type": "olmo2"},
    "llama, dynamic beyond the first length": {
        "model_type": "llama",
        "head_dim": 8,
        "max_position_embeddings": 6,
        "rope_theta": 300.0,
        "rope_scaling": {"rope_type": "dynamic", "factor": 3.0},
    },
}
LLAMA = ["model.layers.0.self_attn.q_proj", "model.layers.1.self_attn.v_proj", "model.layers.1.mlp.down_proj"]
ADAPTED = {
    "gpt2": ["transformer.h.0.attn.c_attn", "transformer.h.0.mlp.c_fc", "transformer.h.1.attn.c_proj"],
    "gpt_neox": ["gpt_neox.layers.0.attention.query_key_value", "gpt_neox.layers.0.mlp.dense_h_to_4h"],
    "gemma3": [name.replace("model.", "model.language_model.", 1) for name in LLAMA],
    "phi3": ["model.layers.0.self_attn.qkv_proj", "model.layers.1.self_attn.o_proj", "model.layers.0.mlp.gate_up_proj"],
}
IDS = [[3, 1, 4, 15, 9, 2, 6, 5, 3, 5], [8, 9, 7, 9, 3, 2, 3, 0, 0, 0]]
MASK = [[1] * 10, [1] * 7 + [0] * 3]


def rounded(values):
    return [float(f"{value:.8g}") for value in values.detach().flatten().tolist()]


def looks_at_length(config):
    scaling = config.get("rope_scaling") or {}
    return (scaling.get("rope_type") or scaling.get("type")) in ("dynamic", "longrope", "su")


def loss_of(logits, ids, tokens):
    labels = torch.where(tokens.bool(), ids, torch.tensor(-100))
    return F.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), labels[:, 1:].reshape(-1))


def whole(build, config, ids, tokens):
    """Gradients of every weight: its length, and its product with a direction that the formula gives."""
    LEAVES.clear()
    build(config).logits(ids, tokens)
    leaves = {name: leaf.requires_grad_() for name, leaf in LEAVES.items()}
    loss_of(build(config).logits(ids, tokens), ids, tokens).backward()
    sums = {}
    for name, leaf in sorted(leaves.items()):
        direction = formula(f"{name}.direction", *leaf.shape)
        sums[name] = rounded(torch.stack([leaf.grad.norm(), (leaf.grad * direction).sum()]))
    LEAVES.clear()
    return sums


def case(fields):
    LEAVES.clear()
    kind = fields["model_type"]
    config = fields if kind == "gpt2" else {**BASE, **fields}
    if kind == "gemma3":
        config = {"vocab_size": BASE["vocab_size"], **fields}
    build, adapted = MODELS.get(kind, Model), ADAPTED.get(kind, LLAMA)
    model = build(config, adapted)
    ids, tokens = torch.tensor(IDS), torch.tensor(MASK)
    logits = model.logits(ids, tokens)
    loss = loss_of(logits, ids, tokens)
    loss.backward()
    gradients = {}
    for name, (a, b) in sorted(model.factors.items()):
        gradients[f"{name}.lora_A"] = rounded(a.grad)
        gradients[f"{name}.lora_B"] = rounded(b.grad)
    # Places whose logits are compared: the last of each row, and those before that reach beyond a window.
    places = [[0, 2], [0, 9], [1, 6]]
    plain = build(config).logits(ids, tokens)
    result = {
        "config": config,
        "loss": loss.item(),
        "places": places,
        "logits": [rounded(plain[row, at]) for row, at in places],
        "gradients": gradients,
        "whole": whole(build, config, ids, tokens),
    }
    if looks_at_length(config):
        # A place's logits depend on what stands behind it: here nothing does.
        result["alone"] = []
        for row, at in places:
            short = ids[row : row + 1, : at + 1]
            result["alone"].append(rounded(build(config).logits(short, torch.ones_like(short))[0, at]))
    return result


cases = {name: case(fields) for name, fields in CASES.items()}
assert all(len(each['gradients']) >= 4 for each in cases.values())
text = json.dumps({"ids": IDS, "mask": MASK, "rank": RANK, "scale": SCALE, "cases": cases}, separators=(",", ":"))
with open(OUT, "w") as file:
    file.write(text.replace('},"', '},\n"') + "\n")
print(len(text))
