"""Public keys that may and may not stand in a charter, as hex with what they are.

Independent of src/core/ed25519-key.ts: affine arithmetic and the order found by repeated addition of multiples of 8.
Writes test/vectors/ed25519-keys.json. Source: RFC 8032 section 5.1 for the curve.
"""

import hashlib
import json
from pathlib import Path

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    k = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + k, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - k, -1, P) % P
    return x, y


def times(n, point):
    out = (0, 1)
    while n:
        if n & 1:
            out = add(out, point)
        point = add(point, point)
        n >>= 1
    return out


def root_of(y):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return None if (x * x - square) % P else x


def encode(y, sign):
    return (y | sign << 255).to_bytes(32, "little").hex()


def encode_point(point):
    return encode(point[1], point[0] & 1)


def base_point():
    y = 4 * pow(5, -1, P) % P
    x = root_of(y)
    return (x if x % 2 == 0 else P - x, y)


def torsion_generator():
    """A point of order 8: [L]Q for a Q whose small part is whole."""
    y = 2
    while True:
        x = root_of(y)
        if x is not None:
            point = times(ORDER, (x, y))
            if times(4, point) != (0, 1):
                return point
        y += 1


rows = []


def row(key, valid, what):
    rows.append({"key": key, "valid": valid, "what": what})


base = base_point()
torsion = torsion_generator()
for i in range(8):
    seed = hashlib.sha256(b"member %d" % i).digest()
    scalar = bytearray(hashlib.sha512(seed).digest()[:32])
    scalar[0] &= 248
    scalar[31] = scalar[31] & 127 | 64
    point = times(int.from_bytes(scalar, "little"), base)
    row(encode_point(point), True, f"public key of seed {seed.hex()}")
    for k in range(1, 8):
        row(encode_point(add(point, times(k, torsion))), False, f"the same plus {k} times a point of order 8")
row(encode_point(base), True, "the base point")
row(encode_point(times(ORDER - 1, base)), True, "minus the base point")
for k in range(8):
    row(encode_point(times(k, torsion)), False, f"{k} times a point of order 8")
row(encode(1, 1), False, "the identity with the sign of x set")
row(encode(P - 1, 1), False, "the point of order 2 with the sign of x set")
row(encode(0, 1), False, "order 4, other sign")
for y in range(P, 2**255):
    for sign in (0, 1):
        row(encode(y, sign), False, f"y = p + {y - P}, not reduced, sign {sign}")
misses = 0
y = 2
while misses < 4:
    if root_of(y) is None:
        row(encode(y, 0), False, f"y = {y}: no point of the curve")
        misses += 1
    y += 1
out = Path(__file__).parents[2] / "test" / "vectors" / "ed25519-keys.json"
out.write_text(json.dumps(rows, indent=0) + "\n")
print(f"{len(rows)} rows")
