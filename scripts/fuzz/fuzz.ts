/**
 * Feeds mutants to decoders and keeps what no decoder may do: throw anything but a typed refusal, take memory out of
 * proportion to its input, take long, or have two encodings of one value.
 *
 * Guided by behaviour: a mutant with an answer that its target never gave before becomes an example itself.
 */
import { getHeapStatistics } from 'node:v8'
import { isRoundError, messageOf } from '../../src/core/errors.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { mutate } from './mutate.ts'
import type { FuzzTarget } from './targets.ts'

/** More than any decoder of at most 256 KiB needs, and far less than a promised length of 4 GiB would take. */
export const GROWTH_BYTES_MAX: number = 64 << 20
/** Quadratic time at 256 KiB takes longer; the slowest of the decoders needs 20 ms for a mutant of that size. */
const SLOW_MS = 5_000
const EXAMPLE_COUNT_MAX = 512

export interface FuzzFinding {
  readonly target: string
  readonly what: string
  /** The mutant, base64, as far as it is short. */
  readonly input: string
  readonly sizeBytes: number
}

export interface TargetCount {
  readonly target: string
  readonly mutants: number
  /** Different answers, faults by their codes. */
  readonly answers: number
  readonly accepted: number
}

export interface FuzzResult {
  readonly mutants: number
  readonly targets: readonly TargetCount[]
  readonly findings: readonly FuzzFinding[]
}

interface Fuzzed {
  readonly target: FuzzTarget
  readonly examples: Uint8Array[]
  readonly answers: Set<string>
  mutants: number
  accepted: number
}

const usedBytes = (): number => {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}

/** What is wrong with how the target took the bytes, and its answer. */
async function take(
  target: FuzzTarget,
  bytes: Uint8Array,
): Promise<{ readonly answer: string; readonly isAccepted: boolean; readonly fault: string | null }> {
  const [bytesBefore, beforeMs] = [usedBytes(), performance.now()]
  let answer: string
  let fault: string | null = null
  let isAccepted = false
  try {
    answer = await target.run(bytes)
    isAccepted = answer.startsWith('ok')
  } catch (error) {
    answer = isRoundError(error) ? error.code : 'crash'
    if (!isRoundError(error))
      fault = error instanceof Error ? (error.stack ?? error.message) : messageOf(error)
  }
  const grownBytes = usedBytes() - bytesBefore
  const tookMs = performance.now() - beforeMs
  if (fault === null && grownBytes > GROWTH_BYTES_MAX)
    fault = `took ${grownBytes} bytes of memory for ${bytes.length}`
  if (fault === null && tookMs > SLOW_MS) fault = `took ${Math.round(tookMs)} ms for ${bytes.length} bytes`
  return { answer, isAccepted, fault }
}

/** @param isOver — asked before each mutant: how many there were */
export async function fuzz(
  targets: readonly FuzzTarget[],
  seed: string,
  isOver: (mutants: number) => boolean,
): Promise<FuzzResult> {
  const rng = new SeededRng(seed)
  const findings: FuzzFinding[] = []
  const all: Fuzzed[] = targets.map((target) => ({
    target,
    examples: [...target.examples],
    answers: new Set(),
    mutants: 0,
    accepted: 0,
  }))
  const feed = async (fuzzed: Fuzzed, bytes: Uint8Array): Promise<void> => {
    const { answer, isAccepted, fault } = await take(fuzzed.target, bytes)
    fuzzed.mutants++
    if (isAccepted) fuzzed.accepted++
    // One of a kind is enough: the same fault at the same place is the same finding.
    const kind = fault?.split('\n').slice(0, 4).join('\n') ?? ''
    const isNew = !findings.some(({ target, what }) => target === fuzzed.target.name && what.startsWith(kind))
    if (fault !== null && isNew) {
      const input = Buffer.from(bytes.subarray(0, 4096)).toString('base64')
      findings.push({ target: fuzzed.target.name, what: fault, input, sizeBytes: bytes.length })
    }
    if (fuzzed.answers.has(answer)) return
    fuzzed.answers.add(answer)
    if (fuzzed.examples.length < EXAMPLE_COUNT_MAX) fuzzed.examples.push(bytes)
  }
  for (const fuzzed of all) for (const example of fuzzed.target.examples) await feed(fuzzed, example)
  let mutants = 0
  while (!isOver(mutants)) {
    const fuzzed = all[mutants++ % all.length]
    const pool = all[rng.below(all.length)]?.examples ?? []
    const base = fuzzed?.examples[rng.below(fuzzed.examples.length)]
    if (fuzzed === undefined || base === undefined) continue
    await feed(fuzzed, mutate(base, rng, pool[rng.below(pool.length)] ?? base))
  }
  return {
    mutants,
    targets: all.map(({ target: { name }, mutants: count, answers, accepted }) => ({
      target: name,
      mutants: count,
      answers: answers.size,
      accepted,
    })),
    findings,
  }
}
