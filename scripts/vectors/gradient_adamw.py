"""Trajectories of AdamW in float64, for test/unit/train/optimizer/adamw.test.ts.

Independent of src/train/optimizer/adamw.ts: written from Loshchilov & Hutter 2019 (arXiv:1711.05101), algorithm 2, with
bias-corrected means kept as numbers of their own. Writes test/vectors/gradient-adamw.json.
"""

import json
from pathlib import Path

import numpy as np

SETTINGS = [
    {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "weightDecay": 0.0},
    {"beta1": 0.9, "beta2": 0.95, "epsilon": 1e-6, "weightDecay": 0.1},
    {"beta1": 0.0, "beta2": 0.5, "epsilon": 1e-3, "weightDecay": 0.0},
]
RATES = [1e-3, 3e-2, 1e-2, 5e-3]


def trajectory(setting, start, gradients):
    theta = start.astype(np.float64)
    m = np.zeros_like(theta)
    v = np.zeros_like(theta)
    for t, (g, rate) in enumerate(zip(gradients.astype(np.float64), RATES), start=1):
        m = setting["beta1"] * m + (1 - setting["beta1"]) * g
        v = setting["beta2"] * v + (1 - setting["beta2"]) * g**2
        m_hat = m / (1 - setting["beta1"] ** t)
        v_hat = v / (1 - setting["beta2"] ** t)
        theta = theta - rate * (m_hat / (np.sqrt(v_hat) + setting["epsilon"]) + setting["weightDecay"] * theta)
        yield theta.tolist()


rng = np.random.default_rng(2019)
start = rng.normal(size=6).astype(np.float32)
gradients = rng.normal(scale=[1, 10, 1e-3, 1, 1e-6, 0], size=(len(RATES), 6)).astype(np.float32)
cases = [
    {"setting": setting, "parameters": list(trajectory(setting, start, gradients))} for setting in SETTINGS
]
out = Path(__file__).parents[2] / "test/vectors/gradient-adamw.json"
out.write_text(
    json.dumps({"start": start.tolist(), "gradients": gradients.tolist(), "rates": RATES, "cases": cases}) + "\n"
)
