/**
 * Tallies: which members said one thing. Every quorum of the protocol is a tally of q; counting is done when an object is
 * kept, so nothing is ever counted twice or searched for.
 *
 * A liar who said two things of one slot counts for both: whoever saw only one of them counts it too, and a certificate
 * that others formed must be one for me as well. Safety does not rest on it: q covers f such members.
 * Source: docs/PROTOCOL.md §1.
 */
import { digestKey } from '../core/ids.ts'
import type { MemberIndex } from '../core/order.ts'
import type { Message } from './envelope.ts'
import { type Draft, put, type State } from './state.ts'
import type { Params } from './types.ts'

export const sealersKey = 'seals'
export const abandonsKey = 'abandons'
/** Members whose Seal lists this object. */
export const sealedKey = (object: string): string => `sealed/${object}`
/** Members whose Seal lists anything of `member`. */
export const sealedOfKey = (member: MemberIndex): string => `sealed-of/${member}`
export const receiptsKey = (header: string): string => `receipts/${header}`
export const refusalsKey = (header: string): string => `refusals/${header}`
export const statusesKey = (cut: number): string => `statuses/${cut}`
export const votesKey = (cut: number, view: number, value: string): string => `votes/${cut}/${view}/${value}`
export const dummiesKey = (cut: number, view: number): string => `dummies/${cut}/${view}`
export const finalizesKey = (cut: number, view: number, value: string): string =>
  `finalizes/${cut}/${view}/${value}`
export const attestationsKey = (cut: number, decision: string, aggregate: string, rule: string): string =>
  `attestations/${cut}/${decision}/${aggregate}/${rule}`

/** The key under which the rule of an attestation is told apart. */
export const ruleKey = (rule: { readonly id: string; readonly version: number }): string =>
  `${rule.id}@${rule.version}`

/** What a message adds its signer to. */
export function tallyKeysOf(message: Message): readonly string[] {
  switch (message.type) {
    case 'seal':
      return [
        sealersKey,
        ...message.body.published.flatMap(({ member, digest }) => [
          sealedKey(digestKey(digest)),
          sealedOfKey(member),
        ]),
      ]
    case 'receipt':
      return [receiptsKey(digestKey(message.body.header))]
    case 'refusal':
      return [refusalsKey(digestKey(message.body.header))]
    case 'status':
      return [statusesKey(message.body.cut)]
    case 'vote':
      return [votesKey(message.body.cut, message.body.view, digestKey(message.body.value))]
    case 'dummy':
      return [dummiesKey(message.body.cut, message.body.view)]
    case 'finalize':
      return [finalizesKey(message.body.cut, message.body.view, digestKey(message.body.value))]
    case 'attestation': {
      const { cut, decision, aggregate, rule } = message.body
      return [attestationsKey(cut, digestKey(decision), digestKey(aggregate), ruleKey(rule))]
    }
    case 'abandon':
      return [abandonsKey]
    case 'header':
    case 'pass':
    case 'proposal':
      return []
  }
}

const NOBODY: readonly MemberIndex[] = []

/** Members in the tally, ascending. */
export function tallyOf(state: State, key: string): readonly MemberIndex[] {
  return state.tallies.get(key) ?? NOBODY
}

export function hasQuorum(state: State, params: Params, key: string): boolean {
  return tallyOf(state, key).length >= params.charter.q
}

/** Adds a kept message's signer wherever it counts. */
export function addToTallies(draft: Draft, message: Message): void {
  // §3.5 Whoever signed two bodies counts in both tallies.
  for (const key of tallyKeysOf(message)) {
    const members = tallyOf(draft.state, key)
    if (members.includes(message.member)) continue
    put(
      draft,
      'tallies',
      key,
      [...members, message.member].sort((a, b) => a - b),
    )
  }
}
