/**
 * What a local consortium is made of: how many sites, which of them lie and how, which are killed when.
 * Words of the command line in, a checked plan out. Sites are named `site-a`, `site-b`, … in roster order.
 */
import { RoundError } from '../core/errors.ts'
import { MESSAGE_TYPES, type MessageType } from '../agree/messages.ts'

/** Poison: an adapter that passes admission. Conduct: what the member does to the protocol. */
export const POISONS = ['sign-flip', 'scale', 'alie'] as const
export const CONDUCTS = ['silent', 'equivocate'] as const
export type Poison = (typeof POISONS)[number]
export type Conduct = (typeof CONDUCTS)[number]
export type AttackKind = Poison | Conduct

export interface SiteAttack {
  readonly kind: AttackKind
  readonly site: string
}

/** Kill the site's process −9 as soon as it has signed its first message of this type, then start it again. */
export interface SiteKill {
  readonly site: string
  readonly after: MessageType
}

export interface ConsortiumPlan {
  readonly sites: readonly string[]
  readonly attacks: readonly SiteAttack[]
  readonly kills: readonly SiteKill[]
}

export type PlanFault = { readonly code: 'PLAN_INVALID'; readonly field: string }

/** Fewer members leave nothing to agree on; a charter holds at most 64, and this machine fewer. */
export const SITE_COUNT_MIN = 3
export const SITE_COUNT_MAX = 26

export function siteNames(count: number): readonly string[] {
  if (!Number.isInteger(count) || count < SITE_COUNT_MIN || count > SITE_COUNT_MAX) {
    throw planError('sites', `${count}`, `a number from ${SITE_COUNT_MIN} to ${SITE_COUNT_MAX}`)
  }
  return Array.from({ length: count }, (_, i) => `site-${String.fromCharCode(97 + i)}`)
}

/** Names for the moments of a round, beside the message types themselves. */
const MOMENTS: ReadonlyMap<string, MessageType> = new Map([
  ['commit', 'header'],
  ['certify', 'receipt'],
  ['cut', 'status'],
  ['agree', 'vote'],
  ['aggregate', 'attestation'],
])

/**
 * @param attacks — `kind:site`, or `kind` for the last site
 * @param kills — `site@moment`: a phase (commit, certify, cut, agree, aggregate) or a message type (header, vote, …)
 * @throws PLAN_INVALID naming the word
 */
export function readPlan(
  siteCount: number,
  attacks: readonly string[],
  kills: readonly string[],
): ConsortiumPlan {
  const sites = siteNames(siteCount)
  const last = sites.at(-1) ?? ''
  const plan = {
    sites,
    attacks: attacks.map((text) => readAttack(text, sites, last)),
    kills: kills.map((text) => readKill(text, sites)),
  }
  const attackers = plan.attacks.map(({ site }) => site)
  if (new Set(attackers).size !== attackers.length) {
    throw planError('attack', attacks.join(','), 'one attack for a site')
  }
  return plan
}

function readAttack(text: string, sites: readonly string[], last: string): SiteAttack {
  const [kind = '', site = last] = text.split(':')
  const known = [...POISONS, ...CONDUCTS].find((each) => each === kind)
  if (known === undefined) throw planError('attack', text, `one of ${[...POISONS, ...CONDUCTS].join(', ')}`)
  return { kind: known, site: checkSite('attack', site, sites) }
}

function readKill(text: string, sites: readonly string[]): SiteKill {
  const [site = '', moment = ''] = text.split('@')
  const after = MOMENTS.get(moment) ?? MESSAGE_TYPES.find((type) => type === moment)
  if (after === undefined) {
    throw planError(
      'kill',
      text,
      `site@moment with one of ${[...MOMENTS.keys(), ...MESSAGE_TYPES].join(', ')}`,
    )
  }
  return { site: checkSite('kill', site, sites), after }
}

function checkSite(field: string, site: string, sites: readonly string[]): string {
  if (!sites.includes(site)) throw planError(field, site, `a site from ${sites[0]} to ${sites.at(-1)}`)
  return site
}

function planError(field: string, given: string, expected: string): RoundError<PlanFault> {
  return new RoundError({ code: 'PLAN_INVALID', field }, `--${field} ${given}: expected ${expected}`)
}

export const isPoison = (kind: AttackKind): kind is Poison => (POISONS as readonly string[]).includes(kind)
