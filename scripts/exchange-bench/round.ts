/**
 * Seconds from the last header to the certificate, and what members sent and took for it: real processes through the same
 * starter as the demo; adapters of random values, no training. The last header is the latest `signed header` event, the
 * certificate the latest `certificate` event, over all members.
 */
import { parseRuleChoice } from '../../src/aggregate/index.ts'
import type { Charter } from '../../src/charter/index.ts'
import { runRound } from '../../src/demo/round.ts'
import { removeFolder } from '../../src/files/index.ts'
import { makeConsortium } from '../../test/support/consortium.ts'
import { peakMegabytesOfKernels, processorSecondsOfDescendants } from './descendants.ts'

const WIDTH = 1024
const RANK = 16
/** One module's factors: A [16, 1024] and B [1024, 16] in f32. */
const MODULE_BYTES = 2 * WIDTH * RANK * 4
const TIMEOUT_MS = 1_800_000
/** Random values are larger than trained ones. */
const NORMS: Partial<Charter['limits']> = { updateNorm: [1_000_000, 1], moduleNorm: [1_000_000, 1] }

export interface RoundRow {
  readonly members: number
  readonly updateMegabytes: number
  readonly modules: number
  /** From the last header until every member had every update on disk and admitted, and until all had decided. */
  readonly storedSeconds: number
  readonly decidedSeconds: number
  /** Until all had their own aggregate and a quorum's attestations: the certificate, before files are written for it. */
  readonly attestedSeconds: number
  /** Until the first and the last certificate was on disk, with the adapter that it certifies. */
  readonly firstSeconds: number
  readonly lastSeconds: number
  readonly isOneDigest: boolean
  /** All bytes that all members sent, whatever for, over n(n−1) times the update. */
  readonly sentOverIdeal: number
  /** The part of them that is no chunk's content, in the content. */
  readonly controlOverContent: number
  /** The most that one member sent of one other's wants, in updates: 1 is its own update once, n − 1 all there are. */
  readonly uploadsToOneMax: number
  /** The rule that was asked for; null: the charter's usual ones. */
  readonly rule: string | null
  /** The most memory of a member's main process, and of the one that computes for it; null where only Linux tells. */
  readonly peakMegabytes: number
  readonly kernelPeakMegabytes: number | null
  /** What a member's processes used of processors from the last header to the last certificate, on average; null but on Linux. */
  readonly processorSecondsEach: number | null
}

export async function measureRound(
  members: number,
  megabytes: number,
  rule: string | null = null,
): Promise<RoundRow> {
  const count = Math.max(1, Math.round((megabytes * 1_000_000) / MODULE_BYTES))
  const modules = Array.from({ length: count }, (_, i) => ({ name: `m${i}`, in: WIDTH, out: WIDTH }))
  const consortium = await makeConsortium({
    n: members,
    rank: RANK,
    changes: {
      modules,
      rankMax: RANK,
      limits: NORMS,
      ...(rule === null ? {} : { rules: [parseRuleChoice(rule)] }),
    },
  })
  const at = { header: [0], stored: [0], decided: [0], attested: [0], certificate: [0] }
  const used: { atHeader: number | null; atCertificate: number | null } = {
    atHeader: null,
    atCertificate: null,
  }
  let kernelPeak: number | null = null
  try {
    const runs = await runRound({
      plan: { sites: consortium.names, attacks: [], kills: [] },
      folderOf: consortium.folderOf,
      adapterOf: consortium.adapterOf,
      timeoutMs: TIMEOUT_MS,
      onEvent: (_, event) => {
        if (event.type === 'signed' && event.object === 'header') {
          at.header.push(event.atMs)
          used.atHeader = processorSecondsOfDescendants()
        }
        if (event.type === 'stored') at.stored.push(event.atMs)
        if (event.type === 'decided') at.decided.push(event.atMs)
        if (event.type === 'aggregated') at.attested.push(event.atMs)
        if (event.type === 'phase' && event.phase === 'certified') at.attested.push(event.atMs)
        if (event.type === 'aggregated' || event.type === 'certificate')
          kernelPeak = maxOf(kernelPeak, peakMegabytesOfKernels())
        if (event.type === 'certificate') {
          at.certificate.push(event.atMs)
          used.atCertificate = processorSecondsOfDescendants()
        }
      },
      signal: new AbortController().signal,
    })
    const last = Math.max(...at.header)
    const secondsTo = (times: readonly number[]): number => (Math.max(...times) - last) / 1000
    const digests = new Set(runs.map(({ digest }) => digest))
    const usages = runs.flatMap(({ usage }) => usage ?? [])
    if (usages.length < members) throw new Error('a member ended without a word on what it sent')
    const uploads = usages.flatMap(({ uploadedBytes }) => Object.values(uploadedBytes))
    const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
    const [sent, content] = [total(usages.map(({ sentBytes }) => sentBytes)), total(uploads)]
    // The file is as long as its tensors and a few kilobytes of names.
    const sizeBytes = count * MODULE_BYTES
    return {
      members,
      updateMegabytes: (count * MODULE_BYTES) / 1_000_000,
      modules: count,
      storedSeconds: secondsTo(at.stored),
      decidedSeconds: secondsTo(at.decided),
      attestedSeconds: secondsTo(at.attested),
      firstSeconds: (Math.min(...at.certificate.slice(1)) - last) / 1000,
      lastSeconds: secondsTo(at.certificate),
      sentOverIdeal: sent / (members * (members - 1) * sizeBytes),
      controlOverContent: (sent - content) / content,
      uploadsToOneMax: Math.max(...uploads) / sizeBytes,
      rule,
      kernelPeakMegabytes: kernelPeak,
      peakMegabytes: Math.max(...usages.map(({ peakMemoryBytes }) => peakMemoryBytes)) / 1e6,
      processorSecondsEach:
        used.atHeader === null || used.atCertificate === null
          ? null
          : (used.atCertificate - used.atHeader) / members,
      isOneDigest: digests.size === 1 && !digests.has(null),
    }
  } finally {
    await removeFolder(consortium.root)
  }
}

const maxOf = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.max(one, other)
