"""One training step of a Llama shape with LoRA in PyTorch, timed: what the benchmark compares with.

    python3 scripts/baseline/llama_step.py FOLDER BATCH LENGTH THREADS STEPS RANK TARGET,TARGET…

Prints one line of JSON. The model is written out in plain PyTorch operators (RMSNorm, rotary embeddings, grouped-query
attention with repeated keys and values, SwiGLU), eager, float32; attention through scaled_dot_product_attention where this
PyTorch has it. LoRA is what PEFT's Linear does: base(x) + B(A(x)) * scale, the base frozen; PEFT itself where it is
installed. AdamW and clipping are PyTorch's. Data and shapes are those of step.ts; random ids cost as much as any.
"""

import json
import math
import resource
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

folder, batch, length, threads, steps, rank, targets = sys.argv[1:8]
batch, length, threads, steps, rank = map(int, (batch, length, threads, steps, rank))
targets = targets.split(",")
torch.set_num_threads(threads)
torch.manual_seed(0)
config = json.load(open(f"{folder}/config.json"))
hidden, heads, groups = config["hidden_size"], config["num_attention_heads"], config["num_key_value_heads"]
size = hidden // heads


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden))

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + config["rms_norm_eps"]))


class Lora(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base_layer = base
        self.lora_A = nn.Linear(base.in_features, rank, bias=False)
        self.lora_B = nn.Linear(rank, base.out_features, bias=False)
        nn.init.normal_(self.lora_B.weight, std=0.01)
        self.scaling = 2.0

    def forward(self, x):
        return self.base_layer(x) + self.lora_B(self.lora_A(x)) * self.scaling


def rotate(x):
    left, right = x.chunk(2, -1)
    return torch.cat((-right, left), -1)


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q_proj = nn.Linear(hidden, heads * size, bias=False)
        self.k_proj = nn.Linear(hidden, groups * size, bias=False)
        self.v_proj = nn.Linear(hidden, groups * size, bias=False)
        self.o_proj = nn.Linear(heads * size, hidden, bias=False)

    def forward(self, x, cos, sin, mask):
        b, t, _ = x.shape
        q = self.q_proj(x).view(b, t, heads, size).transpose(1, 2)
        k = self.k_proj(x).view(b, t, groups, size).transpose(1, 2)
        v = self.v_proj(x).view(b, t, groups, size).transpose(1, 2)
        q, k = q * cos + rotate(q) * sin, k * cos + rotate(k) * sin
        k = k[:, :, None].expand(b, groups, heads // groups, t, size).reshape(b, heads, t, size)
        v = v[:, :, None].expand(b, groups, heads // groups, t, size).reshape(b, heads, t, size)
        if hasattr(F, "scaled_dot_product_attention"):
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        else:
            y = torch.softmax(q @ k.transpose(2, 3) / math.sqrt(size) + mask, -1) @ v
        return self.o_proj(y.transpose(1, 2).reshape(b, t, -1))


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        inner = config["intermediate_size"]
        self.gate_proj = nn.Linear(hidden, inner, bias=False)
        self.up_proj = nn.Linear(hidden, inner, bias=False)
        self.down_proj = nn.Linear(inner, hidden, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.input_layernorm, self.post_attention_layernorm = Norm(), Norm()
        self.self_attn, self.mlp = Attention(), Mlp()

    def forward(self, x, cos, sin, mask):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, mask)
        return x + self.mlp(self.post_attention_layernorm(x))


class Llama(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed_tokens = nn.Embedding(config["vocab_size"], hidden)
        self.layers = nn.ModuleList(Layer() for _ in range(config["num_hidden_layers"]))
        self.norm = Norm()
        self.lm_head = nn.Linear(hidden, config["vocab_size"], bias=False)

    def forward(self, ids):
        t = ids.shape[1]
        inverse = 1.0 / config["rope_theta"] ** (torch.arange(0, size, 2).float() / size)
        angles = torch.outer(torch.arange(t).float(), inverse)
        angles = torch.cat((angles, angles), -1)
        mask = torch.full((t, t), torch.finfo(torch.float32).min).triu(1)
        x = self.embed_tokens(ids)
        for layer in self.layers:
            x = layer(x, angles.cos(), angles.sin(), mask)
        return self.lm_head(self.norm(x))


model = Llama()
has_peft = False
try:
    from peft import LoraConfig, inject_adapter_in_model

    model = inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=targets), model)
    has_peft = True
except ImportError:
    model.requires_grad_(False)
    for name, module in list(model.named_modules()):
        for target in targets:
            if hasattr(module, target):
                setattr(module, target, Lora(getattr(module, target)))
trained = [p for n, p in model.named_parameters() if "lora_" in n]
optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0)
times = []
for step in range(2 + steps):
    ids = torch.randint(0, config["vocab_size"], (batch, length))
    start = time.perf_counter()
    logits = model(ids)
    loss = F.cross_entropy(logits[:, :-1].reshape(-1, logits.shape[-1]), ids[:, 1:].reshape(-1))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trained, 1.0)
    optimizer.step()
    if step >= 2:
        times.append(1000 * (time.perf_counter() - start))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps(dict(ms=times, peakMb=peak, torch=torch.__version__, peft=has_peft,
                      blas=torch.__config__.show().split("BLAS_INFO=")[-1].split(",")[0])))
