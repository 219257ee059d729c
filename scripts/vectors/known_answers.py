"""The answers of src/aggregate/kernel/kernel.ts's known-answer test, from numpy: python3 scripts/vectors/known_answers.py"""
import struct

import numpy as np

CASES = [
    ("subnormals", (2.2250738585072014e-308, 0.5), (1.1754943508222875e-38, 0.5)),
    ("ties to even", (1 + 2.0**-24, 2.0**-53), (16777216, 1.0000001)),
    ("minus zero", (-0.0, 3.0), (-1e-45, 0.25)),
]

for title, (a, b), (c, d) in CASES:
    a, b, c, d = np.float64(a), np.float64(b), np.float32(c), np.float32(d)
    answers = struct.pack("<ddddff", a + b, a * b, a / b, np.sqrt(a), c * d, np.float32(a))
    print(f"{title:14} {answers.hex()}")
