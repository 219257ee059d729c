"""Singular values of merged updates by numpy, for test/vectors/recompression.test.ts.

    python3 scripts/vectors/recompression.py > test/vectors/recompression.json

Each case has factors or a dense matrix (small integers, so that both sides read the same numbers) and what the best
approximation of each rank keeps of ||W||^2: numpy.linalg.svd in float64 (LAPACK, independent of our Jacobi rotations).
"""

import json
import numpy as np

rng = np.random.default_rng(412)
cases = []


def energies(w):
    s = np.linalg.svd(w, compute_uv=False)
    return {"total": float((s**2).sum()), "kept": [float((s[: r + 1] ** 2).sum()) for r in range(len(s))]}


def stacked(name, out, width, rank, b=None, a=None, divisor=64):
    b = rng.integers(-99, 100, (out, rank)) if b is None else b
    a = rng.integers(-99, 100, (rank, width)) if a is None else a
    w = (b / divisor) @ (a / divisor)
    cases.append(dict(name=name, form="stacked", out=out, width=width, rank=rank, divisor=divisor,
                      a=a.ravel().tolist(), b=b.ravel().tolist(), **energies(w)))


def dense(name, w, divisor=64):
    cases.append(dict(name=name, form="dense", out=w.shape[0], width=w.shape[1], rank=0, divisor=divisor,
                      delta=w.ravel().tolist(), **energies(w / divisor)))


stacked("tall", 24, 10, 7)
stacked("wide", 9, 31, 6)
stacked("more ranks than rows", 6, 5, 14)
b = rng.integers(-99, 100, (20, 4))
a = rng.integers(-99, 100, (4, 18))
stacked("the same adapter three times", 20, 18, 12, np.tile(b, (1, 3)), np.tile(a, (3, 1)))
stacked("a zero adapter among others", 16, 16, 8, np.hstack([np.zeros((16, 4), int), rng.integers(-99, 100, (16, 4))]))
q = np.zeros((8, 8), int)
np.fill_diagonal(q, [40, 40, 40, 20, 20, 10, 0, 0])
stacked("equal singular values", 8, 8, 8, q, np.eye(8, dtype=int) * 64)
low = rng.integers(-9, 10, (40, 5)) @ rng.integers(-9, 10, (5, 30))
dense("dense of rank 5", low)
dense("dense with a fast decay", low * 16 + rng.integers(-20, 21, (40, 30)))
dense("dense noise", rng.integers(-999, 1000, (32, 48)))
print(json.dumps(dict(numpy=np.__version__, cases=cases), separators=(",", ":")))
