"""Writes test/vectors/quantise.json: weights and what block-wise four-bit quantisation makes of them, by numpy in f32.

Run: /usr/bin/python3 scripts/vectors/quantise.py
A restatement of the rules in src/model/quantise/blocks.ts, written from the formulas and not from the code.
"""
import json
import pathlib

import numpy as np

F = np.float32


def quantise(weight: np.ndarray, size: int):
    rows, width = weight.shape
    blocks = -(-width // size)
    padded = np.zeros((rows, blocks * size), F)
    padded[:, :width] = weight
    parts = padded.reshape(rows, blocks, size)
    least = np.minimum(parts.min(axis=2), F(0))
    most = np.maximum(parts.max(axis=2), F(0))
    scale = ((most / F(2) - least / F(2)) / F(7.5)).astype(F)
    empty = scale == 0
    scale = np.where(empty, F(1), scale)
    zero = np.where(empty, 0, np.clip(np.rint(-least / scale), 0, 15)).astype(np.int64)
    levels = np.clip(np.rint(parts / scale[:, :, None]) + zero[:, :, None], 0, 15).astype(np.uint8)
    elements = levels[:, :, 0::2] | (levels[:, :, 1::2] << 4)
    if blocks % 2 == 1:
        zero = np.concatenate([zero, np.zeros((rows, 1), np.int64)], axis=1)
    points = (zero[:, 0::2] | (zero[:, 1::2] << 4)).astype(np.uint8)
    return elements, scale, points


def main() -> None:
    random = np.random.default_rng(20240)
    halves = (np.arange(64, dtype=F) - F(32)).reshape(2, 32) / F(2)
    cases = [
        ("normal", random.standard_normal((3, 96)).astype(F), 32),
        ("a last block that is not whole", random.standard_normal((2, 40)).astype(F), 16),
        ("one sign only", np.abs(random.standard_normal((2, 64))).astype(F), 32),
        ("the other sign", -np.abs(random.standard_normal((2, 64))).astype(F), 32),
        ("zeros among the blocks", np.concatenate([np.zeros((1, 32), F), random.standard_normal((1, 32)).astype(F)], 1), 32),
        ("halves, which round to even", halves, 16),
        ("very small and very large", np.stack([np.full(16, 1e-44), np.linspace(-3e38, 3e38, 16)]).astype(F), 16),
        ("blocks of 128", (random.standard_normal((1, 256)) * 0.02).astype(F), 128),
    ]
    out = []
    for name, weight, size in cases:
        elements, scale, points = quantise(weight, size)
        out.append(
            {
                "name": name,
                "rowCount": weight.shape[0],
                "inSize": weight.shape[1],
                "blockSize": size,
                "weight": weight.astype("<f4").tobytes().hex(),
                "elements": elements.tobytes().hex(),
                "scales": scale.astype("<f4").tobytes().hex(),
                "zeroPoints": points.tobytes().hex(),
            }
        )
    path = pathlib.Path(__file__).parents[2] / "test" / "vectors" / "quantise.json"
    path.write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
