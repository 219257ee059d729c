/**
 * A member at a table: one engine, and the means to say anything in anybody's name. Used by the scenario tests of the
 * engine's phases; no test of its own.
 */
import {
  type Bodies,
  buildMessage,
  codecOf,
  createState,
  type Decision,
  type Effect,
  type Event,
  type HeaderDraft,
  leaderOf,
  type Message,
  type MessageOf,
  type MessageType,
  type Params,
  type State,
  step,
  type Value,
  valueCodec,
} from '../../../src/agree/index.ts'
import type { Charter } from '../../../src/charter/schema.ts'
import { utf8 } from '../../../src/core/bytes.ts'
import { objectDigest, sha256 } from '../../../src/core/hash.ts'
import { asRoundId, type Digest } from '../../../src/core/ids.ts'
import { defaultFaultCount, defaultQuorum } from '../../../src/core/quorum.ts'
import { signedBytesOf } from '../../../src/core/signature.ts'
import { buildCharter, SIMULATED_LAYOUT } from '../../../src/simulate/charter.ts'
import { createKeys, type Keys } from '../../../src/simulate/keys.ts'
import { buildScenario } from '../../../src/simulate/scenario.ts'

export const ROUND = asRoundId(sha256(utf8('round')))
export const CHARTER_DIGEST = sha256(utf8('charter'))
export const COMMIT_AT_MS = 5_000
export const CUT_AT_MS = 15_000
export const FINAL_AT_MS = 25_000
export const VIEW_TIMEOUT_MS = 1_000

/** One type's message, as a member of the union. */
export type Spoken<T extends MessageType> = Extract<Message, { readonly type: T }>

export interface TableOptions {
  readonly n?: number
  readonly f?: number
  readonly q?: number
  /** null: an observer. */
  readonly me?: number | null
  readonly minUpdates?: number
  readonly reveal?: Charter['reveal']
  readonly latecomers?: boolean
  readonly lateCutsAtMs?: readonly number[]
}

/** One member's engine, whose `sign` effects are carried out as the shell would. */
export interface Table {
  readonly params: Params
  readonly keys: Keys
  readonly state: () => State
  /** Everything that I signed, in order. */
  readonly signed: readonly Message[]
  /** Feeds an event and, while anything is asked to be signed, that too. @returns all effects */
  readonly feed: (event: Event) => readonly Effect[]
  /** Signs as anybody. */
  readonly say: <T extends MessageType>(
    member: number,
    type: T,
    fields: Omit<Bodies[T], 'round' | 'member'>,
  ) => Spoken<T>
  /** Feeds messages of others. */
  readonly hear: (...messages: readonly Message[]) => readonly Effect[]
}

export function paramsFor(options: TableOptions): { params: Params; keys: Keys } {
  const n = options.n ?? 4
  const f = options.f ?? defaultFaultCount(n)
  const keys = createKeys('keyed-hash', 'table', n)
  const scenario = {
    ...buildScenario(1, { members: n }),
    f,
    q: options.q ?? defaultQuorum(n, f),
    minUpdates: options.minUpdates ?? 1,
    reveal: options.reveal ?? ('committed' as const),
  }
  const charter = { ...buildCharter(scenario, keys), latecomers: options.latecomers ?? false }
  const schedule = {
    commitAtMs: COMMIT_AT_MS,
    cutAtMs: CUT_AT_MS,
    lateCutsAtMs: [...(options.lateCutsAtMs ?? [])],
    finalAtMs: FINAL_AT_MS,
  }
  const me = options.me === undefined ? 0 : options.me
  const params: Params = {
    charter,
    charterDigest: CHARTER_DIGEST,
    round: ROUND,
    schedule,
    layout: SIMULATED_LAYOUT,
    me,
    verify: keys.verify,
    viewTimeoutMs: VIEW_TIMEOUT_MS,
  }
  return { params, keys }
}

export function sayAs<T extends MessageType>(
  keys: Keys,
  member: number,
  type: T,
  fields: Omit<Bodies[T], 'round' | 'member'>,
): Spoken<T> {
  const body = { ...fields, round: ROUND, member } as Omit<Bodies[T], 'round' | 'member'> & {
    round: typeof ROUND
    member: number
  } as Bodies[T]
  const bytes = codecOf(type).encode(body)
  const signature = keys.signers[member]?.sign(signedBytesOf(type, bytes)) ?? new Uint8Array(64)
  return buildMessage(type, body, bytes, signature) as Spoken<T>
}

export function sitDown(options: TableOptions = {}, journal: readonly Message[] = []): Table {
  const { params, keys } = paramsFor(options)
  let state = createState(params)
  const signed: Message[] = []
  const feed = (event: Event): readonly Effect[] => {
    const result = step(state, event, params)
    state = result.state
    return result.effects.flatMap((effect) => {
      if (effect.kind !== 'sign' || params.me === null) return [effect]
      const decoded = codecOf(effect.type).decode(effect.body)
      if (!decoded.ok) throw new Error(`${effect.type}: ${decoded.fault.code}`)
      const message = sayAs(keys, params.me, effect.type, decoded.value)
      signed.push(message)
      return [effect, ...feed({ kind: 'signed', message })]
    })
  }
  feed({ kind: 'restored', messages: journal, observe: false })
  return {
    params,
    keys,
    state: () => state,
    signed,
    feed,
    say: (member, type, fields) => sayAs(keys, member, type, fields),
    hear: (...messages) => messages.flatMap((message) => feed({ kind: 'envelope', message })),
  }
}

/** An update's digest by a word. */
export const updateOf = (word: string): Digest => sha256(utf8(word))

export function headerDraft(word: string): HeaderDraft {
  return {
    update: updateOf(word),
    sizeBytes: 4096,
    chunkSizeBytes: 4096,
    layout: SIMULATED_LAYOUT,
    samples: 1,
    summary: { epochs: 1, steps: 1, tokens: 1 },
  }
}

export const named = (message: Message): { member: number; digest: Digest } => ({
  member: message.member,
  digest: message.digest,
})

export const verdictOf = (effects: readonly Effect[]): string | undefined => {
  const found = effects.find((effect) => effect.kind === 'verdict')
  if (found?.kind !== 'verdict') return undefined
  return found.verdict.kind === 'accept' ? 'accept' : `${found.verdict.kind} ${found.verdict.code}`
}

export const typesSigned = (table: Table): readonly string[] => table.signed.map(({ type }) => type)

export function ofKind<K extends Effect['kind']>(
  effects: readonly Effect[],
  kind: K,
): readonly Extract<Effect, { kind: K }>[] {
  return effects.filter((effect): effect is Extract<Effect, { kind: K }> => effect.kind === kind)
}

export const digestOfValue = (value: Value): Digest => objectDigest('value', valueCodec.encode(value))
export const leaderAt = (table: Table, view: number): number => leaderOf(table.params, 0, view)
export type { Decision }

/** Headers of all four members, sealed, received and listed by members 1, 2 and 3: all that cut and agreement need. */
export function hearCertified(table: Table): {
  readonly headers: readonly MessageOf<'header'>[]
  readonly statuses: readonly MessageOf<'status'>[]
} {
  const members = table.params.charter.members.map((_, member) => member)
  const others = members.filter((member) => member !== table.params.me)
  const headers = others.map((member) => table.say(member, 'header', headerDraft(`update ${member}`)))
  table.hear(...headers)
  const published = headers.map(named)
  table.hear(...others.map((member) => table.say(member, 'seal', { published })))
  for (const header of headers) {
    const receipt = { of: header.member, header: header.digest }
    table.hear(...others.map((giver) => table.say(giver, 'receipt', receipt)))
  }
  const statuses = others.map((member) =>
    table.say(member, 'status', { cut: 0, certified: published, evidence: [] }),
  )
  table.hear(...statuses)
  return { headers, statuses }
}
