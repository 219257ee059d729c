"""Vectors of image resizing, from Pillow itself. Run: /usr/bin/python3 scripts/vectors/resize.py"""

import json
from pathlib import Path

import numpy as np
from PIL import Image

RNG = np.random.default_rng(7)
SIZES = [((7, 5), (4, 4)), ((5, 4), (9, 11)), ((16, 12), (5, 6)), ((6, 6), (6, 3))]
NAMES = {0: "nearest", 1: "lanczos", 2: "bilinear", 3: "bicubic"}

rows = []
for (width, height), (to_width, to_height) in SIZES:
    pixels = RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)
    for number, name in NAMES.items():
        resized = np.asarray(Image.fromarray(pixels).resize((to_width, to_height), number))
        rows.append(
            {
                "resample": name,
                "from": {"width": width, "height": height, "data": pixels.ravel().tolist()},
                "to": {"width": to_width, "height": to_height, "data": resized.ravel().tolist()},
            }
        )
out = Path(__file__).parents[2] / "test" / "vectors" / "resize.json"
out.write_text(json.dumps(rows, separators=(",", ":")) + "\n")
