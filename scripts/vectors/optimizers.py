"""Trajectories of optimisers, for test/unit/train/optimizer/optimizers.test.ts.

    /usr/bin/python3 scripts/vectors/optimizers.py > test/vectors/optimizers.json

SGD by torch.optim.SGD (PyTorch; without its coupled weight decay), in float32. Lion and decoupled decay by the formulas of
Chen et al. 2023 (algorithm 2) and Loshchilov and Hutter 2019 in numpy, float64. 50 steps, gradients clipped to norm 1.
"""

import json
import numpy as np
import torch

rng = np.random.default_rng(2302)
SIZE, STEPS = 6, 50
start = rng.normal(size=SIZE).astype(np.float32)
gradients = rng.normal(size=(STEPS, SIZE)).astype(np.float32)
for g in gradients:
    g /= max(1.0, float(np.linalg.norm(g.astype(np.float64))))
rates = [0.05 * (1 - step / STEPS) for step in range(STEPS)]
cases = []


def keep(setting, parameters):
    cases.append(dict(setting=setting, parameters=[float(p) for p in parameters]))


for momentum, nesterov in [(0.0, False), (0.9, False), (0.9, True)]:
    p = torch.nn.Parameter(torch.tensor(start.copy()))
    optimizer = torch.optim.SGD([p], lr=0.05, momentum=momentum, nesterov=nesterov)
    for g, rate in zip(gradients, rates):
        optimizer.param_groups[0]["lr"] = rate
        p.grad = torch.tensor(g)
        optimizer.step()
    keep(dict(optimizer="sgd", momentum=momentum, nesterov=nesterov, weightDecay=0.0), p.detach().numpy())

for decay in [0.0, 0.1]:
    p, u = start.astype(np.float64), np.zeros(SIZE)
    for g, rate in zip(gradients.astype(np.float64), rates):
        u = 0.9 * u + g
        p = p * (1 - rate * decay) - rate * u
    if decay:
        keep(dict(optimizer="sgd", momentum=0.9, nesterov=False, weightDecay=decay), p)
    p, m = start.astype(np.float64), np.zeros(SIZE)
    for g, rate in zip(gradients.astype(np.float64), rates):
        p = p * (1 - rate * decay) - rate * np.sign(0.9 * m + 0.1 * g)
        m = 0.99 * m + 0.01 * g
    keep(dict(optimizer="lion", betas=[0.9, 0.99], weightDecay=decay), p)

print(json.dumps(dict(torch=torch.__version__, numpy=np.__version__, start=start.tolist(), gradients=gradients.tolist(),
                      rates=rates, cases=cases), separators=(",", ":")))
