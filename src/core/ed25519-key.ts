/**
 * Whether 32 bytes are a public key that may stand in a charter: the canonical encoding of a point of prime order.
 *
 * Why: libraries disagree about keys of small or mixed order (some accept them, some do not), and under a key of small
 * order a signature says nothing. With such keys kept out, every library gives every member the same answer.
 *
 * The curve is −x² + y² = 1 + d·x²·y² over p = 2^255 − 19; a point is encoded as y with the lowest bit of x on top. Points
 * are computed in extended coordinates (X : Y : Z : T), x = X/Z, y = Y/Z, T = XY/Z. Nothing here is secret, so big
 * integers and branches are fine.
 * Source: RFC 8032 §5.1.3 (decoding), §5.1.4 (addition and doubling).
 * Cost: about 1 ms a key; keys are checked when a charter is, not when a message is.
 */
import { PUBLIC_KEY_BYTES } from './ids.ts'

const P = 2n ** 255n - 19n
/** The order of the subgroup of prime order. */
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const D = mod(-121665n * power(121666n, P - 2n))
const SQRT_MINUS_ONE = power(2n, (P - 1n) / 4n)

interface Point {
  readonly x: bigint
  readonly y: bigint
  readonly z: bigint
  readonly t: bigint
}

const IDENTITY: Point = { x: 0n, y: 1n, z: 1n, t: 0n }

function mod(value: bigint): bigint {
  const rest = value % P
  return rest < 0n ? rest + P : rest
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % P) {
    if ((rest & 1n) === 1n) result = (result * square) % P
  }
  return result
}

/** Whether the bytes are the one encoding of a point A with [L]A = 0 and A ≠ 0. Total. */
export function isPrimeOrderKey(bytes: Uint8Array): boolean {
  const point = decodePoint(bytes)
  return point !== null && !isIdentity(point) && isIdentity(multiply(point, L))
}

/** RFC 8032 §5.1.3, and y < p as it says, which several libraries leave out. */
function decodePoint(bytes: Uint8Array): Point | null {
  if (bytes.length !== PUBLIC_KEY_BYTES) return null
  let encoded = 0n
  for (let i = bytes.length - 1; i >= 0; i--) encoded = (encoded << 8n) | BigInt(bytes[i] ?? 0)
  const sign = encoded >> 255n
  const y = encoded & ((1n << 255n) - 1n)
  if (y >= P) return null
  const u = mod(y * y - 1n)
  const v = mod(D * y * y + 1n)
  // x = (u/v)^((p+3)/8) by one power; the root is off by √−1 or does not exist.
  const v3 = mod(v * v * v)
  let x = mod(u * v3 * power(mod(u * v3 * v3 * v), (P - 5n) / 8n))
  const check = mod(v * x * x)
  if (check === mod(-u)) x = mod(x * SQRT_MINUS_ONE)
  else if (check !== u) return null
  if (x === 0n && sign === 1n) return null
  if ((x & 1n) !== sign) x = P - x
  return { x, y, z: 1n, t: mod(x * y) }
}

function isIdentity({ x, y, z }: Point): boolean {
  return x === 0n && y === z
}

function multiply(point: Point, scalar: bigint): Point {
  let result = IDENTITY
  for (let bit = scalar.toString(2).length - 1; bit >= 0; bit--) {
    result = add(result, result)
    if (((scalar >> BigInt(bit)) & 1n) === 1n) result = add(result, point)
  }
  return result
}

/** Complete: right for equal points and the identity too (RFC 8032 §5.1.4). */
function add(p: Point, q: Point): Point {
  const a = mod((p.y - p.x) * (q.y - q.x))
  const b = mod((p.y + p.x) * (q.y + q.x))
  const c = mod(2n * D * p.t * q.t)
  const d = mod(2n * p.z * q.z)
  const [e, f, g, h] = [b - a, d - c, d + c, b + a]
  return { x: mod(e * f), y: mod(g * h), z: mod(f * g), t: mod(e * h) }
}
