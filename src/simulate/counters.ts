/**
 * How often each thing happened, over many worlds. A campaign in which a fault never happened says nothing about it, so a
 * long one that lacks a counter fails (`unseenIn`).
 */
import type { History, SignedFact } from './history.ts'
import type { Scenario } from './scenario.ts'

/** Faults and events that every campaign of `COUNTED_WORLDS` worlds must have seen, whatever its seeds. */
export const EXPECTED: readonly string[] = [
  'views > 0',
  'dummy certificates',
  'proposals carried over',
  'equivocations',
  'crashes',
  'crashes at a write',
  'crashes with lost writes',
  'full disks that stopped a member',
  'restored backups',
  'slow disks',
  'partitions',
  'one-way partitions',
  'lost messages',
  'duplicated messages',
  'skewed clocks',
  'evidence held',
  'evidence used',
  'late cuts',
  'late cuts without change',
  'late additions',
  'exclusions by a late cut',
  'members that gave up',
  'refusals',
  'undecided rounds',
  'stalled for a while',
  'certificates',
]

/** With fewer members there is one liar, and one is no coalition. */
const COALITION_MEMBER_COUNT = 7

/** From so many worlds on, whatever is expected must have happened. */
export const COUNTED_WORLDS = 2_000

export type Count = (what: string, by?: number) => void

/** Adds what happened in one world. */
export function countWorld(count: Count, scenario: Scenario, history: History): void {
  for (const name of scenario.liars.values()) count(`liar: ${name}`)
  countFaults(count, scenario, history)
  countProtocol(count, history)
  for (const { code } of history.alarms) count(`alarm: ${code}`)
}

function countFaults(count: Count, scenario: Scenario, { crashes, network }: History): void {
  const why = (kind: string): number => crashes.filter((crash) => crash.why === kind).length
  count('crashes', crashes.length)
  count('crashes at a write', why('crash-at-write'))
  count('full disks that stopped a member', why('full-disk'))
  count('restored backups', why('restored-backup'))
  count('crashes with lost writes', crashes.filter(({ lostCount }) => lostCount > 0).length)
  count('slow disks', scenario.syncMaxMs.filter((maxMs) => maxMs > 0).length)
  count('partitions', scenario.partitions.length)
  count('one-way partitions', scenario.partitions.filter(({ isOneWay }) => isOneWay).length)
  count('lost messages', network.lostCount)
  count('duplicated messages', network.duplicatedCount)
  count('skewed clocks', scenario.skewMs.filter((skewMs) => skewMs !== 0).length)
  count('coalitions', scenario.isCoalition ? 1 : 0)
}

function countProtocol(count: Count, history: History): void {
  const { signed, liars, decided, caught, certificates, alarms, q } = history
  const ofType = (type: string): readonly SignedFact[] => signed.filter((fact) => fact.type === type)
  count('signed', signed.length)
  count('decisions', decided.length)
  count('certificates', certificates.length)
  count('views > 0', decided.filter(({ view }) => view > 0).length)
  count('dummy certificates', quorateViews(ofType('dummy'), q))
  count('proposals carried over', ofType('proposal').filter(({ body }) => 'carriedFrom' in body).length)
  count('refusals', ofType('refusal').length)
  count('equivocations', equivocationsOf(signed.filter(({ member }) => liars.includes(member))))
  count('evidence held', caught.length)
  count('evidence used', decided.filter(({ excluded }) => excluded.length > 0).length)
  const late = decided.filter(({ cut }) => cut > 0)
  count('late cuts', late.filter(({ isUnchanged }) => !isUnchanged).length)
  count('late cuts without change', late.filter(({ isUnchanged }) => isUnchanged).length)
  count('late additions', late.filter((fact) => fact.late.length > 0).length)
  count('exclusions by a late cut', lateExclusions(history))
  count('members that gave up', ofType('abandon').length)
  const hasResult = decided.some(({ isUndecided }) => !isUndecided)
  count('undecided rounds', decided.length > 0 && !hasResult ? 1 : 0)
  count('stalled for a while', alarms.filter(({ code }) => code === 'STALLED').length)
}

/** Views for which q members signed a dummy vote. */
function quorateViews(dummies: readonly SignedFact[], q: number): number {
  const voters = new Map<string, Set<number>>()
  for (const { body, member } of dummies) {
    const key = `${Number(body['cut'])}/${Number(body['view'])}`
    voters.set(key, (voters.get(key) ?? new Set<number>()).add(member))
  }
  return [...voters.values()].filter((members) => members.size >= q).length
}

/** Slots in which somebody signed several bodies. */
function equivocationsOf(signed: readonly SignedFact[]): number {
  const bodies = new Map<string, Set<string>>()
  for (const { slot, digest } of signed) bodies.set(slot, (bodies.get(slot) ?? new Set<string>()).add(digest))
  return [...bodies.values()].filter((digests) => digests.size > 1).length
}

/** Decisions of late cuts that exclude somebody whom the decision before did not. */
function lateExclusions({ decided }: History): number {
  return decided.filter(({ cut, member, excluded }) => {
    const before = decided.find((fact) => fact.member === member && fact.cut === cut - 1)
    return before !== undefined && excluded.length > before.excluded.length
  }).length
}

/** What a campaign of so many worlds should have seen and did not. */
export function unseenIn(
  counts: ReadonlyMap<string, number>,
  worldCount: number,
  memberCount: number,
  behaviours: readonly string[],
): readonly string[] {
  if (worldCount < COUNTED_WORLDS) return []
  const expected = [
    ...EXPECTED,
    ...behaviours.map((name) => `liar: ${name}`),
    ...(memberCount >= COALITION_MEMBER_COUNT ? ['coalitions'] : []),
  ]
  return expected.filter((what) => (counts.get(what) ?? 0) === 0)
}
