"""Aggregation vectors from the formulas, in numpy float64: python3 scripts/vectors/aggregation.py > test/vectors/aggregation.json

Each case holds factors (f32 values as exact decimals), weights and, per rule, the dense result Σ or coordinate-wise.
Written from the papers' formulas on dense ΔW; shares no code with src/aggregate.
"""
import itertools
import json
import math
import struct

import numpy as np

SEED = bytes(range(32))


def multi_krum_kept(deltas, b, count):
    m = len(deltas)
    flat = [np.concatenate([d.ravel() for d in delta]) for delta in deltas]
    scores = []
    for i in range(m):
        squares = sorted(float(np.sum((flat[i] - flat[j]) ** 2)) for j in range(m) if j != i)
        scores.append(sum(squares[: m - b - 2]))
    order = sorted(range(m), key=lambda i: (scores[i], i))
    return sorted(order[:count]), scores


def flat_of(deltas):
    return np.stack([np.concatenate([d.ravel() for d in delta]) for delta in deltas])


def philox(counter, key):
    """Philox4x32-10 of Salmon et al. 2011, figure 2, in Python integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & 0xFFFFFFFF, (p0 >> 32) ^ c[3] ^ k[1], p0 & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


KEY = struct.unpack("<2I", SEED[:8])


def below(step, drawn, n):
    attempt = 0
    while True:
        word = philox((drawn, attempt, step, 1), KEY)[0]
        if word < 2**32 - 2**32 % n:
            return word % n
        attempt += 1


def dropped(flat_modules, density):
    """DARE on [m][module] rows: kept with probability density, divided by it, rounded to f32."""
    num, den = density
    out = []
    for member, modules in enumerate(flat_modules):
        row = []
        for module, values in enumerate(modules):
            words = [philox((q & 0xFFFFFFFF, q >> 32, module, member << 8 | 2), KEY) for q in range(-(-len(values) // 4))]
            kept = np.array([words[c >> 2][c & 3] < (num << 32) // den for c in range(len(values))])
            row.append(np.where(kept, (den / num) * values, 0.0).astype(np.float32).astype(np.float64))
        out.append(np.concatenate(row))
    return np.stack(out)


def disjoint(x):
    sign = np.sign(x.sum(axis=0))
    agree = (np.sign(x) == sign) & (sign != 0)
    return np.where(agree, x, 0).sum(axis=0) / np.maximum(agree.sum(axis=0), 1)


def around_median(x, kept):
    out = np.empty(x.shape[1])
    for c in range(x.shape[1]):
        middle = np.median(x[:, c])
        nearest = sorted(x[:, c], key=lambda v: (abs(v - middle), v))[:kept]
        out[c] = np.mean(nearest)
    return out


def weighted_median(x, claims):
    out = np.empty(x.shape[1])
    for c in range(x.shape[1]):
        order = np.argsort(x[:, c], kind="stable")
        reached = np.cumsum(np.asarray(claims)[order])
        k = int(np.argmax(2 * reached >= reached[-1]))
        value = x[order[k], c]
        if 2 * reached[k] == reached[-1] and k + 1 < len(order):
            value = (value + x[order[k + 1], c]) / 2
        out[c] = value
    return out


def trimmed(x, density):
    out = x.copy()
    kept = max(1, math.ceil(density[0] * x.shape[1] / density[1]))
    for row in out:
        threshold = np.sort(np.abs(row))[-kept]
        row[np.abs(row) < threshold] = 0
    return out


def weiszfeld(flat, claims, iterations):
    alpha = np.asarray(claims) / sum(claims)
    pairs = [np.linalg.norm(p - q) for p, q in itertools.combinations(flat, 2)]
    if not pairs:
        return flat[0], 0.0
    nu = np.median(pairs) / 2**20
    point = alpha @ flat
    for _ in range(iterations):
        shares = alpha / np.maximum(nu, np.linalg.norm(flat - point, axis=1))
        point = (shares / shares.sum()) @ flat
    return point


def clipped_center(flat, claims, iterations, tau=None):
    alpha = np.asarray(claims) / sum(claims)
    point = weiszfeld(flat, claims, 64)
    radius = np.median(np.linalg.norm(flat - point, axis=1)) if tau is None else tau
    for _ in range(iterations):
        away = flat - point
        lengths = np.linalg.norm(away, axis=1)
        point = point + sum(a * v * min(1.0, radius / d if d > 0 else 1.0) for a, v, d in zip(alpha, away, lengths))
    return point


def best_subset(flat, size, measure):
    best, found = None, None
    for subset in itertools.combinations(range(len(flat)), size):
        value = measure(flat[list(subset)])
        if best is None or value < best - 1e-12 * abs(best):
            best, found = value, subset
    return list(found)


def diameter(x):
    return max((float(np.linalg.norm(p - q)) for p, q in itertools.combinations(x, 2)), default=0.0)


def top_eigenvalue(x):
    return float(np.linalg.eigvalsh(np.atleast_2d(np.cov(x, rowvar=False, bias=True)))[-1])


def nearest_mixed(flat, b):
    m = len(flat)
    rows = []
    for i in range(m):
        order = sorted(range(m), key=lambda j: (float(np.sum((flat[i] - flat[j]) ** 2)), j))[: m - b]
        rows.append(flat[order].mean(axis=0))
    return np.stack(rows)


def clipped_rows(flat, bound=None):
    norms = np.linalg.norm(flat, axis=1)
    bound = np.median(norms) if bound is None else bound
    return np.stack([row * min(1.0, bound / n if n > 0 else 1.0) for row, n in zip(flat, norms)])


def buckets(flat, size, step=0):
    order = list(range(len(flat)))
    for drawn, i in enumerate(range(len(flat) - 1, 0, -1)):
        j = below(step, drawn, i + 1)
        order[i], order[j] = order[j], order[i]
    return np.stack([flat[order[k : k + size]].mean(axis=0) for k in range(0, len(flat), size)])


def single(x):
    return x.astype(np.float32).astype(np.float64)


def rules(deltas, b, claims):
    m = len(deltas)
    sizes = [d.size for d in deltas[0]]
    flat = flat_of(deltas)
    rounded = single(flat)
    ones = [1] * m
    share = np.asarray(claims) / sum(claims)
    flats = {"mean": flat.mean(axis=0), "weighted-mean": share @ flat}
    flats["task-arithmetic"] = m * share @ flat
    flats["ties"] = disjoint(trimmed(rounded, (1, 5)))
    flats["ties:density=0.35"] = disjoint(trimmed(rounded, (7, 20)))
    flats["bucketing+mean"] = buckets(flat, 2).mean(axis=0)
    parts = [np.split(row, np.cumsum(sizes)[:-1]) for row in rounded]
    dare = dropped(parts, (1, 2))
    flats["dare-linear"] = share @ dare
    flats["dare-ties"] = disjoint(dare)
    flats["dare-linear:density=0.25"] = share @ dropped(parts, (1, 4))
    if m >= 2 * b + 1:
        flats["clipped-mean"] = share @ clipped_rows(flat)
        flats["clip+weighted-mean"] = flats["clipped-mean"]
        flats["clip:norm=3+mean"] = clipped_rows(flat, 3.0).mean(axis=0)
        flats["geometric-median"] = weiszfeld(flat, claims, 64) if m > 1 else flat[0]
        flats["geometric-median:iterations=3"] = weiszfeld(flat, claims, 3) if m > 1 else flat[0]
        flats["centered-clipping"] = clipped_center(flat, claims, 3) if m > 1 else flat[0]
        flats["centered-clipping:iterations=1:tau=2"] = clipped_center(flat, claims, 1, 2.0) if m > 1 else flat[0]
        for name, measure in (("minimum-diameter", diameter), ("smea", top_eigenvalue)):
            kept = best_subset(flat, m - b, measure)
            flats[name] = share[kept] @ flat[kept] / share[kept].sum()
        flats["nnm+mean"] = nearest_mixed(flat, b).mean(axis=0)
        flats["median"] = np.median(rounded, axis=0)
        flats["weighted-median"] = weighted_median(rounded, claims)
        flats["trimmed-mean"] = np.sort(rounded, axis=0)[b : m - b].mean(axis=0)
        flats["nnm+trimmed-mean"] = np.sort(single(nearest_mixed(flat, b)), axis=0)[b : m - b].mean(axis=0)
        flats["meamed"] = around_median(rounded, m - b)
        votes = np.asarray(claims) @ np.sign(rounded)
        flats["sign-majority"] = np.sign(votes) * np.median(np.abs(rounded), axis=0)
    if m >= 2 * b + 3:
        for name, count, x in (("krum", 1, flat), ("multi-krum", m - b, flat), ("nnm+krum", 1, nearest_mixed(flat, b))):
            kept, _ = multi_krum_kept([[row] for row in x], b, count)
            flats[name] = share[kept] @ x[kept] / share[kept].sum()
    if m >= 4 * b + 3:
        left, chosen = list(range(m)), []
        while len(left) > 2 * b:
            near = max(1, len(left) - b - 2)
            score = {
                i: sum(sorted(float(np.sum((flat[i] - flat[j]) ** 2)) for j in left if j != i)[:near]) for i in left
            }
            best = min(left, key=lambda i: (score[i], i))
            chosen.append(best)
            left.remove(best)
        flats["bulyan"] = around_median(rounded[sorted(chosen)], m - 4 * b)
    return {name: np.split(result, np.cumsum(sizes)[:-1]) for name, result in flats.items()}


def fisher_mean(x, fisher, b):
    """Matena and Raffel 2022, equation 4, on [m, d]; claims cut where the b largest would have more than half (bisected)."""
    low, high = np.zeros(x.shape[1]), fisher.max(axis=0)

    def margin(cap):
        cut = np.sort(np.minimum(fisher, cap), axis=0)
        return cut.sum(axis=0) - 2 * cut[len(cut) - b :].sum(axis=0)

    free = margin(high) >= 0
    for _ in range(200):
        middle = (low + high) / 2
        holds = margin(middle) >= 0
        low, high = np.where(holds, middle, low), np.where(holds, high, middle)
    weights = np.minimum(fisher, np.where(free, np.inf, low))
    return (weights * x).sum(axis=0) / weights.sum(axis=0)


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
    draw = np.random.default_rng(1000 + seed)
    fisher = []
    for member in range(m):
        sums = [(draw.chisquare(1, o).astype(np.float32), draw.chisquare(1, i).astype(np.float32)) for o, i in shapes]
        inputs[member]["fisher"] = {
            "modules": [{"rows": [float(x) for x in r], "columns": [float(x) for x in c]} for r, c in sums],
            "dense": [],
        }
        wide = [(r.astype(np.float64), c.astype(np.float64)) for r, c in sums]
        fisher.append(np.concatenate([np.outer(r, c).ravel() / c.sum() for r, c in wide]))
    factor = lam[0] / lam[1]
    combined = rules(deltas, b, claims)
    if m >= 2 * b + 1:
        flat = fisher_mean(single(flat_of(deltas)), np.stack(fisher), b)
        combined["fisher-mean"] = np.split(flat, np.cumsum([o * i for o, i in shapes])[:-1])
    results = {rule: [[factor * float(x) for x in d.ravel()] for d in result] for rule, result in combined.items()}
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
    case("eight, the narrow ones apart", 104, 8, 2, [(3, 2)], [1] * 8, [2, 3, 2, 3, 2, 3, 2, 3], [1, 1], [1, 1], 0.5),
    case("seven bearing one", 5, 7, 1, [(4, 4), (2, 3)], [2, 1, 2, 1, 2, 1, 2], [2, 3, 1, 4, 2, 3, 1], [1, 1], [1, 1]),
    case("one alone", 4, 1, 0, [(4, 4)], [2], [9], [1, 1], [1, 1]),
]}))
