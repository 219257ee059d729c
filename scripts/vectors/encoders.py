"""Encoders that classify, in plain PyTorch (float64) → test/vectors/encoders.json.

Run: /usr/bin/python3 scripts/vectors/encoders.py
Weights come from a formula (`decoder_models.weight`) that the tests compute too. The architectures are restated here from their
papers (Liu et al. 2019, RoBERTa; Sanh et al. 2019, DistilBERT), without `transformers`: the oracle is independent of our graph
builder, not of our reading of them.
"""

import json
import math
from pathlib import Path

import torch
from torch.nn import functional as F

from decoder_models import weight

HIDDEN, HEADS, LAYERS, INNER, VOCABULARY, POSITIONS, CLASSES, PADDING = 16, 4, 2, 24, 32, 12, 3, 1

# The second row is shorter, padded behind.
IDS = [[5, 9, 3, 22, 7, 30], [11, 4, 8, 2, PADDING, PADDING]]
MASK = [[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]]
LABELS = [2, 0]

BERT = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
        "out": "attention.output.dense", "norm": "attention.output.LayerNorm", "inner": "intermediate.dense",
        "outer": "output.dense", "last": "output.LayerNorm"}
DISTIL = {"query": "attention.q_lin", "key": "attention.k_lin", "value": "attention.v_lin", "out": "attention.out_lin",
          "norm": "sa_layer_norm", "inner": "ffn.lin1", "outer": "ffn.lin2", "last": "output_layer_norm"}

CASES = {
    "roberta": {
        "model_type": "roberta", "architectures": ["RobertaForSequenceClassification"], "hidden_size": HIDDEN,
        "num_attention_heads": HEADS, "num_hidden_layers": LAYERS, "intermediate_size": INNER, "hidden_act": "gelu",
        "vocab_size": VOCABULARY, "max_position_embeddings": POSITIONS, "type_vocab_size": 1, "pad_token_id": PADDING,
        "layer_norm_eps": 1e-5, "id2label": {str(i): f"LABEL_{i}" for i in range(CLASSES)},
    },
    "distilbert": {
        "model_type": "distilbert", "architectures": ["DistilBertForSequenceClassification"], "dim": HIDDEN, "n_heads": HEADS,
        "n_layers": LAYERS, "hidden_dim": INNER, "activation": "gelu", "vocab_size": VOCABULARY, "pad_token_id": PADDING,
        "max_position_embeddings": POSITIONS, "id2label": {str(i): f"LABEL_{i}" for i in range(CLASSES)},
    },
}


class Encoder:
    def __init__(self, kind):
        self.kind, self.leaves = kind, {}
        self.epsilon = CASES[kind].get("layer_norm_eps", 1e-12)

    def leaf(self, name, *shape):
        if name not in self.leaves:
            self.leaves[name] = weight(name, *shape).clone().requires_grad_()
        return self.leaves[name]

    def linear(self, x, name, out):
        return x @ self.leaf(f"{name}.weight", out, x.shape[-1]).T + self.leaf(f"{name}.bias", out)

    def norm(self, x, name):
        centred = x - x.mean(-1, keepdim=True)
        spread = torch.sqrt((centred * centred).mean(-1, keepdim=True) + self.epsilon)
        return centred / spread * self.leaf(f"{name}.weight", HIDDEN) + self.leaf(f"{name}.bias", HIDDEN)

    def logits(self, ids, mask):
        root = self.kind
        place = f"{root}.embeddings"
        x = self.leaf(f"{place}.word_embeddings.weight", VOCABULARY, HIDDEN)[ids]
        if self.kind == "roberta":
            # The n-th token that is no padding has position padding + n, padding has padding's own.
            real = (ids != PADDING).long()
            positions = torch.cumsum(real, 1) * real + PADDING
            x = x + self.leaf(f"{place}.token_type_embeddings.weight", 1, HIDDEN)[torch.zeros_like(ids)]
        else:
            positions = torch.arange(ids.shape[1]).expand_as(ids)
        x = x + self.leaf(f"{place}.position_embeddings.weight", POSITIONS, HIDDEN)[positions]
        x = self.norm(x, f"{place}.LayerNorm")
        for i in range(LAYERS):
            x = self.layer(x, f"{root}.{'encoder' if root == 'roberta' else 'transformer'}.layer.{i}", mask)
        first = x[:, 0]
        if self.kind == "roberta":
            return self.linear(torch.tanh(self.linear(first, "classifier.dense", HIDDEN)), "classifier.out_proj", CLASSES)
        return self.linear(torch.relu(self.linear(first, "pre_classifier", HIDDEN)), "classifier", CLASSES)

    def layer(self, x, path, mask):
        names = {k: f"{path}.{v}" for k, v in (BERT if self.kind == "roberta" else DISTIL).items()}
        batch, length, _ = x.shape
        split = lambda name: self.linear(x, names[name], HIDDEN).view(batch, length, HEADS, -1).transpose(1, 2)
        scores = split("query") @ split("key").transpose(2, 3) / math.sqrt(HIDDEN // HEADS)
        scores = scores.masked_fill(mask[:, None, None, :] == 0, -math.inf)
        mixed = (torch.softmax(scores, -1) @ split("value")).transpose(1, 2).reshape(batch, length, HIDDEN)
        x = self.norm(x + self.linear(mixed, names["out"], HIDDEN), names["norm"])
        inner = self.linear(x, names["inner"], INNER)
        active = inner * 0.5 * (1 + torch.erf(inner / math.sqrt(2)))
        return self.norm(x + self.linear(active, names["outer"], HIDDEN), names["last"])


def case(kind):
    encoder = Encoder(kind)
    logits = encoder.logits(torch.tensor(IDS), torch.tensor(MASK))
    loss = F.cross_entropy(logits, torch.tensor(LABELS))
    loss.backward()
    # Of every weight: shape, the gradient's length, and its product with the direction cos(element's number).
    whole = {}
    for name, leaf in encoder.leaves.items():
        flat = leaf.grad.flatten()
        direction = torch.cos(torch.arange(flat.numel(), dtype=torch.float64))
        whole[name] = [list(leaf.shape), flat.norm().item(), (flat @ direction).item()]
    return {"config": CASES[kind], "logits": logits.tolist(), "loss": loss.item(), "whole": whole}


def main():
    out = Path(__file__).parents[2] / "test/vectors/encoders.json"
    cases = {kind: case(kind) for kind in CASES}
    out.write_text(json.dumps({"ids": IDS, "mask": MASK, "labels": LABELS, "cases": cases}, indent=1) + "\n")


main()
