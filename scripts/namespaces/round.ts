/**
 * One round of real nodes, each in a network namespace of its own, over links that are bad in a stated way.
 * In: a scenario. Out: seconds, bytes, what had to be repaired, and the digests that the members ended with.
 */
import type { ChildProcess } from 'node:child_process'
import type { Charter } from '../../src/charter/index.ts'
import { removeFolder } from '../../src/files/index.ts'
import { makeConsortium } from '../../test/support/consortium.ts'
import { loadAverage, oneLan, openNamespaces } from './network.ts'
import { startNode } from './node-process.ts'

const PORT = 4101
const WIDTH = 1024
const RANK = 16
/** One module's factors in f32. */
const MODULE_BYTES = 2 * WIDTH * RANK * 4
const LINGER_SECONDS = 240
/** Random values are larger than trained ones. */
const NORMS: Partial<Charter['limits']> = { updateNorm: [1_000_000, 1], moduleNorm: [1_000_000, 1] }

export interface Scenario {
  readonly name: string
  readonly loss: number
  readonly delayMs: number
  /** From the moment on that some member has another's update whole: so long packets pass within these groups only. */
  readonly cut?: { readonly groups: readonly (readonly number[])[]; readonly seconds: number }
}

export interface NamespaceRow {
  readonly scenario: string
  readonly members: number
  readonly updateMegabytes: number
  readonly loss: number
  readonly delayMs: number
  readonly cutSeconds: number
  /** From the first process' start to the last certificate. */
  readonly seconds: number
  readonly secondsFromLastHeader: number
  /** Digests of aggregates that members ended with: one, or the round failed. */
  readonly digests: readonly string[]
  readonly certificates: number
  /** All bytes that nodes sent, as they count them, over n(n−1) updates. */
  readonly sentOverIdeal: number
  /** Bytes of IP packets that passed. */
  readonly packetBytes: number
  readonly packetsLost: number
  readonly packetsCut: number
  /** Segments that TCP sent again. */
  readonly retransmissions: number
  /** Connections between members that were lost, as both sides count them. */
  readonly disconnections: number
  /** Bytes of chunks that were sent beyond one copy of each update for each other member, in updates. */
  readonly updatesSentAgain: number
  readonly loadBefore: number
}

export async function runScenario(
  { name, loss, delayMs, cut }: Scenario,
  { members, megabytes, timeoutSeconds }: { members: number; megabytes: number; timeoutSeconds: number },
): Promise<NamespaceRow> {
  const loadBefore = loadAverage()
  const modules = Math.max(1, Math.round((megabytes * 1_000_000) / MODULE_BYTES))
  const network = await openNamespaces(oneLan(members), name)
  const whole = { loss, delayMs, groups: [Array.from({ length: members }, (_, i) => i)] }
  network.set(whole)
  const consortium = await makeConsortium({
    n: members,
    rank: RANK,
    addressOf: (i) => `/ip4/${network.addressOf(i)}/tcp/${PORT}`,
    changes: {
      modules: Array.from({ length: modules }, (_, i) => ({ name: `m${i}`, in: WIDTH, out: WIDTH })),
      rankMax: RANK,
      limits: NORMS,
      rules: [{ id: 'trimmed-mean', version: 1 }],
    },
  })
  const at = { start: Date.now(), header: 0, certificate: 0 }
  const count = { certificates: 0, disconnections: 0, isCut: false }
  let healing: ReturnType<typeof setTimeout> | undefined
  const children: ChildProcess[] = []
  const stopAll = (): void => children.forEach((child) => child.kill('SIGTERM'))
  const deadline = setTimeout(stopAll, timeoutSeconds * 1000)
  try {
    const ends = consortium.names.map((site, i) => {
      const words = ['run', consortium.folderOf(site), '--adapter', consortium.adapterOf(site)]
      return startNode(network, i, [...words, '--until-certificate', '--linger', `${LINGER_SECONDS}`], {
        children,
        onEvent: ({ type, object, atMs }) => {
          if (type === 'signed' && object === 'header') at.header = atMs
          // After the end members leave, and that is no fault of the links.
          if (type === 'disconnected' && count.certificates < members) count.disconnections++
          if (type === 'stored' && cut !== undefined && !count.isCut) {
            count.isCut = true
            network.set({ ...whole, groups: cut.groups })
            healing = setTimeout(() => network.set(whole), cut.seconds * 1000)
          }
          if (type !== 'certificate') return
          at.certificate = atMs
          if (++count.certificates === members) stopAll()
        },
      })
    })
    const ended = (await Promise.all(ends)).filter((end) => end !== null)
    const retransmissions = network.retransmissions()
    const passed = await network.close()
    const sizeBytes = modules * MODULE_BYTES
    const ideal = members * (members - 1)
    const uploads = ended.flatMap(({ usage }) => Object.values(usage.uploadedBytes))
    const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
    return {
      scenario: name,
      members,
      updateMegabytes: sizeBytes / 1e6,
      loss,
      delayMs,
      cutSeconds: cut?.seconds ?? 0,
      seconds: (at.certificate - at.start) / 1000,
      secondsFromLastHeader: (at.certificate - at.header) / 1000,
      digests: [...new Set(ended.map(({ status }) => status.aggregate ?? 'none'))],
      certificates: count.certificates,
      sentOverIdeal: total(ended.map(({ usage }) => usage.sentBytes)) / (ideal * sizeBytes),
      packetBytes: passed.bytes,
      packetsLost: passed.lost,
      packetsCut: passed.cut,
      retransmissions,
      disconnections: count.disconnections,
      updatesSentAgain: total(uploads) / sizeBytes - ideal,
      loadBefore,
    }
  } finally {
    clearTimeout(deadline)
    clearTimeout(healing)
    children.forEach((child) => child.kill('SIGKILL'))
    await removeFolder(consortium.root)
  }
}
