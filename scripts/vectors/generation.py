"""Greedy continuations of a tiny causal model in PyTorch, and its ONNX export with a key-value cache.

Writes test/vectors/generation/model.onnx (TorchScript exporter, inputs and outputs named as Optimum names them:
input_ids, attention_mask, position_ids, past_key_values.N.key/value -> logits, present.N.key/value) and expected.json:
what full forward passes of the same module continue prompts with. The architecture (RMSNorm, rotary positions, grouped
queries, SwiGLU) is a restatement of Llama's; what is checked is the decoding, not the architecture.

Run: /usr/bin/python3 scripts/vectors/generation.py   (PyTorch 1.13)
"""

import json
import math
import os

import torch
from torch import nn

VOCAB, HIDDEN, HEADS, GROUPS, HEAD, LAYERS, MLP = 48, 16, 4, 2, 4, 2, 24
STEPS = 12
OUT = os.path.join(os.path.dirname(__file__), "..", "..", "test", "vectors", "generation")


def norm(x, weight):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * weight


def rotate(x, positions):
    half = HEAD // 2
    frequencies = 1.0 / (10000.0 ** (torch.arange(0, half, dtype=torch.float32) * 2 / HEAD))
    angles = positions[:, None, :, None].to(torch.float32) * frequencies
    angles = torch.cat([angles, angles], -1)
    turned = torch.cat([-x[..., half:], x[..., :half]], -1)
    return x * angles.cos() + turned * angles.sin()


def repeat(x):
    batch, total = x.shape[0], x.shape[2]
    return x[:, :, None].expand(batch, GROUPS, HEADS // GROUPS, total, HEAD).reshape(batch, HEADS, total, HEAD)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.before = nn.Parameter(torch.ones(HIDDEN))
        self.after = nn.Parameter(torch.ones(HIDDEN))
        self.q_proj = nn.Linear(HIDDEN, HEADS * HEAD, bias=False)
        self.k_proj = nn.Linear(HIDDEN, GROUPS * HEAD, bias=False)
        self.v_proj = nn.Linear(HIDDEN, GROUPS * HEAD, bias=False)
        self.o_proj = nn.Linear(HEADS * HEAD, HIDDEN, bias=False)
        self.gate_proj = nn.Linear(HIDDEN, MLP, bias=False)
        self.up_proj = nn.Linear(HIDDEN, MLP, bias=False)
        self.down_proj = nn.Linear(MLP, HIDDEN, bias=False)

    def forward(self, hidden, mask, positions, past_key, past_value):
        batch, length = hidden.shape[0], hidden.shape[1]
        x = norm(hidden, self.before)
        q = rotate(self.q_proj(x).view(batch, length, HEADS, HEAD).transpose(1, 2), positions)
        k = rotate(self.k_proj(x).view(batch, length, GROUPS, HEAD).transpose(1, 2), positions)
        v = self.v_proj(x).view(batch, length, GROUPS, HEAD).transpose(1, 2)
        k, v = torch.cat([past_key, k], 2), torch.cat([past_value, v], 2)
        keys, values = repeat(k), repeat(v)
        scores = q @ keys.transpose(2, 3) / math.sqrt(HEAD) + mask
        mixed = scores.softmax(-1) @ values
        hidden = hidden + self.o_proj(mixed.transpose(1, 2).reshape(batch, length, HEADS * HEAD))
        x = norm(hidden, self.after)
        return hidden + self.down_proj(nn.functional.silu(self.gate_proj(x)) * self.up_proj(x)), k, v


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(VOCAB, HIDDEN)
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS)])
        self.last = nn.Parameter(torch.ones(HIDDEN))
        self.lm_head = nn.Linear(HIDDEN, VOCAB, bias=False)

    def forward(self, input_ids, attention_mask, position_ids, *pasts):
        length, total = input_ids.shape[1], attention_mask.shape[1]
        columns = torch.arange(total)
        rows = columns[total - length :]
        seen = (columns[None, :] <= rows[:, None])[None, None] & (attention_mask[:, None, None, :] != 0)
        mask = torch.where(seen, torch.zeros(1), torch.full((1,), -1e9))
        hidden = self.embed_tokens(input_ids)
        presents = []
        for i, layer in enumerate(self.layers):
            hidden, key, value = layer(hidden, mask, position_ids, pasts[2 * i], pasts[2 * i + 1])
            presents += [key, value]
        return (self.lm_head(norm(hidden, self.last)), *presents)


def empty(batch):
    return [torch.zeros(batch, GROUPS, 0, HEAD) for _ in range(2 * LAYERS)]


def continuation(model, prompt):
    ids, margins = list(prompt), []
    for _ in range(STEPS):
        row = torch.tensor([ids])
        logits = model(row, torch.ones_like(row), torch.arange(len(ids))[None], *empty(1))[0][0, -1]
        best = logits.topk(2)
        margins.append(float(best.values[0] - best.values[1]))
        ids.append(int(best.indices[0]))
    return ids[len(prompt) :], min(margins)


def main():
    torch.manual_seed(7)
    model = Model().eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, 0, 0.5)
    prompts = [[5, 9, 2], [7], [1, 2, 3, 4, 5, 6, 7, 8], [40, 41, 3, 3, 3], [11, 12, 13]]
    with torch.no_grad():
        found = [continuation(model, prompt) for prompt in prompts]
    names = [f"{i}.{side}" for i in range(LAYERS) for side in ("key", "value")]
    ids = torch.tensor([[1, 2, 3], [4, 5, 6]])
    pasts = [torch.zeros(2, GROUPS, 4, HEAD) for _ in names]
    axes = {"input_ids": {0: "batch_size", 1: "sequence_length"}}
    axes["attention_mask"] = {0: "batch_size", 1: "total_sequence_length"}
    axes["position_ids"] = {0: "batch_size", 1: "sequence_length"}
    axes["logits"] = {0: "batch_size", 1: "sequence_length"}
    for name in names:
        axes[f"past_key_values.{name}"] = {0: "batch_size", 2: "past_sequence_length"}
        axes[f"present.{name}"] = {0: "batch_size", 2: "total_sequence_length"}
    os.makedirs(OUT, exist_ok=True)
    torch.onnx.export(
        model,
        (ids, torch.ones(2, 7, dtype=torch.int64), torch.tensor([[4, 5, 6]] * 2), *pasts),
        os.path.join(OUT, "model.onnx"),
        input_names=["input_ids", "attention_mask", "position_ids", *[f"past_key_values.{n}" for n in names]],
        output_names=["logits", *[f"present.{n}" for n in names]],
        dynamic_axes=axes,
        opset_version=14,
    )
    rows = [
        {"prompt": prompt, "continuation": ids, "margin": round(margin, 5)}
        for prompt, (ids, margin) in zip(prompts, found)
    ]
    with open(os.path.join(OUT, "expected.json"), "w") as file:
        json.dump({"torch": torch.__version__, "rows": rows}, file, indent=1)
        file.write("\n")


main()
