/**
 * numpy on the same kind of values: f32 [n, d], the same number of threads (each on its share of the coordinates), and of
 * several calls that give the answer the one that is fastest on a part of the values.
 */
import { spawnSync } from 'node:child_process'

interface NumpyRequest {
  readonly n: number
  readonly d: number
  readonly b: number
  readonly threads: number
}

/** Expressions of x, which is [n, share] or, where the name ends with T, [share, n]. */
function callsOf(rule: string, n: number, b: number): readonly string[] {
  const kept = `${b}:${n - b}`
  const at = `(${b}, ${n - b - 1})`
  switch (rule) {
    case 'mean':
      return ['x.mean(axis=0)', 'np.add.reduce(x, axis=0) / np.float32(len(x))']
    case 'median':
      return ['np.median(x, axis=0, overwrite_input=True)', 'np.median(xT, axis=1, overwrite_input=True)']
    case 'trimmed-mean':
      return [
        `np.partition(x, ${at}, axis=0)[${kept}].mean(axis=0)`,
        `np.partition(xT, ${at}, axis=1)[:, ${kept}].mean(axis=1)`,
        `np.sort(x, axis=0)[${kept}].mean(axis=0)`,
        `np.sort(xT, axis=1)[:, ${kept}].mean(axis=1)`,
      ]
    default:
      return []
  }
}

const PROGRAM = `
import json, sys, time
import numpy as np
from concurrent.futures import ThreadPoolExecutor
q = json.loads(sys.argv[1])
n, d, threads = q['n'], q['d'], q['threads']
rng = np.random.default_rng(1)
def run(call, shares):
    code = compile(call, 'call', 'eval')
    work = lambda x: eval(code, {'np': np}, {'x': x, 'xT': x})
    s = time.perf_counter()
    if threads == 1: work(shares[0])
    else: list(pool.map(work, shares))
    return time.perf_counter() - s
pool = ThreadPoolExecutor(threads)
def shares_of(call, count):
    cut = [count * i // threads for i in range(threads + 1)]
    shape = (lambda c: (c, n)) if 'xT' in call else (lambda c: (n, c))
    return [rng.random(shape(cut[i + 1] - cut[i]), dtype=np.float32) for i in range(threads)]
found = {}
for rule, calls in q['calls'].items():
    if not calls: continue
    best = min(calls, key=lambda call: run(call, shares_of(call, max(threads, d // 64))))
    found[rule] = run(best, shares_of(best, d))
print(json.dumps(found))
`

/** Seconds of each rule that numpy has; empty where there is no numpy. */
export function numpySecondsOf(
  rules: readonly string[],
  { n, d, b, threads }: NumpyRequest,
): ReadonlyMap<string, number> {
  const calls = Object.fromEntries(rules.map((rule) => [rule, callsOf(rule, n, b)]))
  const question = JSON.stringify({ n, d, threads, calls })
  const { status, stdout } = spawnSync('python3', ['-c', PROGRAM, question], { encoding: 'utf8' })
  if (status !== 0) return new Map()
  // Our own program wrote it: seconds by rule.
  return new Map(Object.entries(JSON.parse(stdout) as Record<string, number>))
}
