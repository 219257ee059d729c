"""Aggregation vectors from the formulas, in numpy float64: python3 scripts/vectors/aggregation.py > test/vectors/aggregation.json

Each case holds factors (f32 values as exact decimals), weights and, per rule, the dense result Σ or coordinate-wise.
Written from the papers' formulas on dense ΔW; shares no code with src/aggregate.
"""
import json

import numpy as np


def multi_krum_kept(deltas, b, count):
    m = len(deltas)
    flat = [np.concatenate([d.ravel() for d in delta]) for delta in deltas]
    scores = []
    for i in range(m):
        squares = sorted(float(np.sum((flat[i] - flat[j]) ** 2)) for j in range(m) if j != i)
        scores.append(sum(squares[: m - b - 2]))
    order = sorted(range(m), key=lambda i: (scores[i], i))
    return sorted(order[:count]), scores


def weighted(deltas, weights):
    return [sum(w * d[k] for w, d in zip(weights, deltas)) for k in range(len(deltas[0]))]


def rules(deltas, b, claims):
    m = len(deltas)
    out = {"mean": weighted(deltas, [1 / m] * m)}
    total = sum(claims)
    out["weighted-mean"] = weighted(deltas, [c / total for c in claims])
    if m >= 2 * b + 1:
        norms = [float(np.sqrt(sum(np.sum(d**2) for d in delta))) for delta in deltas]
        bound = float(np.median(norms))
        out["clipped-mean"] = weighted(
            deltas, [c / total * (min(1.0, bound / n) if n > 0 else 1.0) for c, n in zip(claims, norms)]
        )
        stacks = [np.stack([delta[k].astype(np.float32).astype(np.float64) for delta in deltas]) for k in range(len(deltas[0]))]
        out["median"] = [np.median(s, axis=0) for s in stacks]
        trimmed = [np.sort(s, axis=0)[b : m - b] for s in stacks]
        out["trimmed-mean"] = [np.mean(s, axis=0) for s in trimmed]
    if m >= 2 * b + 3:
        for name, count in (("krum", 1), ("multi-krum", m - b)):
            kept, _ = multi_krum_kept(deltas, b, count)
            kept_total = sum(claims[i] for i in kept)
            out[name] = weighted(deltas, [claims[i] / kept_total if i in kept else 0.0 for i in range(m)])
    return out


def case(name, seed, m, b, shapes, ranks, claims, scale, lam, spread=1.0):
    rng = np.random.default_rng(seed)
    shared = [(rng.standard_normal((2, i)), rng.standard_normal((o, 2))) for o, i in shapes]
    inputs, deltas = [], []
    for member in range(m):
        modules, delta = [], []
        for k, (o, i) in enumerate(shapes):
            r = ranks[member]
            a = rng.standard_normal((r, i)) * spread * (1 + member)
            bb = rng.standard_normal((o, r))
            a[0] += 3 * shared[k][0][0]
            bb[:, 0] += 3 * shared[k][1][:, 0]
            a, bb = a.astype(np.float32), bb.astype(np.float32)
            if member == m - 1 and b > 0:
                bb = -bb
            modules.append({"a": [float(x) for x in a.ravel()], "b": [float(x) for x in bb.ravel()]})
            delta.append(scale[0] / scale[1] * (bb.astype(np.float64) @ a.astype(np.float64)))
        inputs.append({"rank": ranks[member], "claim": claims[member], "modules": modules})
        deltas.append(delta)
    factor = lam[0] / lam[1]
    results = {rule: [[factor * float(x) for x in d.ravel()] for d in result] for rule, result in rules(deltas, b, claims).items()}
    gram = [[float(sum(np.sum(x * y) for x, y in zip(p, q))) for q in deltas] for p in deltas]
    return {
        "name": name, "b": b, "scale": scale, "lambda": lam,
        "modules": [{"name": f"layer.{k}.proj", "out": o, "in": i} for k, (o, i) in enumerate(shapes)],
        "inputs": inputs, "gram": gram, "results": results,
    }


print(json.dumps({"cases": [
    case("five of equal rank", 1, 5, 1, [(6, 5), (4, 7)], [2] * 5, [1, 2, 3, 4, 2], [2, 1], [1, 1]),
    case("seven of unlike ranks, lambda 1.5", 2, 7, 2, [(5, 9)], [1, 2, 3, 4, 1, 2, 3], [3, 1, 2, 2, 3, 4, 1], [1, 3], [3, 2]),
    case("four, even count", 3, 4, 1, [(3, 3), (8, 2), (2, 8)], [3, 1, 2, 2], [1, 1, 2, 1], [1, 1], [1, 1], 0.1),
    case("one alone", 4, 1, 0, [(4, 4)], [2], [9], [1, 1], [1, 1]),
]}))
