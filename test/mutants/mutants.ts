/**
 * Broken engines: each takes one rule of the protocol away. A campaign of simulated rounds must notice every one of them
 * (`npx tsx scripts/simulate-mutants.ts`); a test makes sure that each still applies to today's source.
 */
export interface Mutant {
  readonly name: string
  /** The clause of docs/PROTOCOL.md that it breaks. */
  readonly clause: string
  /** Under src/. */
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** Checks of which at least one must fail. */
  readonly seenBy: readonly string[]
  /** What every liar shall be, where only one kind can show it. */
  readonly liar?: string
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'forgets after a restart what it signed',
    clause: '9.2',
    file: 'agree/engine.ts',
    find: "for (const message of mine) put(draft, 'signed', message.slot, message.key)",
    replace: '',
    seenBy: ['single-signing', 'innocence', 'equal-aggregates'],
  },
  {
    name: 'is content with one less than a quorum',
    clause: '1.2',
    file: 'agree/tally.ts',
    find: 'return tallyOf(state, key).length >= params.charter.q',
    replace: 'return tallyOf(state, key).length >= params.charter.q - 1',
    seenBy: ['agreement', 'commit-before-reveal', 'one-update', 'equal-aggregates'],
  },
  {
    name: 'reveals before it is committed',
    clause: '4.5',
    file: 'agree/commit.ts',
    find: "return params.charter.reveal === 'immediate' || hasQuorum(state, params, sealedKey(header.key))",
    replace: 'return params.charter.q > 0 || hasQuorum(state, params, sealedKey(header.key))',
    seenBy: ['commit-before-reveal'],
  },
  {
    name: 'receipts whatever has q−1 Seals, having revealed its own at q',
    clause: '4.6',
    file: 'agree/certify.ts',
    find: 'if (isReadable(draft.state, draft.params, header)) certify(draft, header)',
    replace:
      'if (header.member !== draft.params.me || isReadable(draft.state, draft.params, header)) certify(draft, header)',
    seenBy: ['commit-before-reveal'],
  },
  {
    name: 'keeps excluded members in the decision',
    clause: '6.8',
    file: 'agree/value.ts',
    find: 'if (excluded.has(member)) continue',
    replace: '',
    seenBy: ['validity'],
  },
  {
    name: 'finalizes a view in which it voted dummy',
    clause: '6.6',
    file: 'agree/slot.ts',
    find: 'dummy: (body) => `close/${body.cut}/${body.view}/${body.member}`',
    replace: 'dummy: (body) => `shut/${body.cut}/${body.view}/${body.member}`',
    seenBy: ['agreement', 'equal-aggregates', 'innocence', 'termination'],
  },
  {
    name: 'votes once in a round, not once in a view',
    clause: '6.4',
    file: 'agree/slot.ts',
    find: 'vote: (body) => `vote/${body.cut}/${body.view}/${body.member}`',
    replace: 'vote: (body) => `vote/${body.cut}/${body.member}`',
    seenBy: ['termination', 'innocence', 'single-signing'],
  },
  {
    name: 'never gives a view up',
    clause: '6.6',
    file: 'agree/agreement.ts',
    find: 'if (endsAtMs !== null && nowMs >= endsAtMs)',
    replace: 'if (endsAtMs !== null && nowMs >= endsAtMs * 1e6)',
    seenBy: ['termination'],
  },
  {
    name: 'follows one leader for ever',
    clause: '6.1',
    file: 'agree/leader.ts',
    find: 'return (leaderOffset(params.round, cut) + view) % params.charter.members.length',
    replace: 'return (leaderOffset(params.round, cut) + view * 0) % params.charter.members.length',
    seenBy: ['termination'],
  },
  {
    name: 'lets a leader forget the notarized value',
    clause: '6.4',
    file: 'agree/agreement.ts',
    find: 'if (carriedFrom === undefined) return areDummied(instance, 0, view)',
    replace: 'if (carriedFrom === undefined) return true',
    seenBy: ['agreement', 'equal-aggregates'],
    liar: 'forgetter',
  },
  {
    name: 'enters the next view with dummy certificates only',
    clause: '6.5',
    file: 'agree/agreement.ts',
    find: 'Math.max(-1, ...notarized.keys(), ...dummied.keys()) + 1',
    replace: 'Math.max(-1, ...dummied.keys()) + 1 + notarized.size * 0',
    seenBy: ['termination'],
  },
  {
    name: 'keeps two bodies of a slot and no more',
    clause: '3.3',
    file: 'agree/receive.ts',
    find: 'if (bodies.length >= 2 && !isNeeded(draft, message))',
    replace: 'if (bodies.length >= 2 && (bodies.length < 99 || !isNeeded(draft, message)))',
    seenBy: ['termination'],
  },
  {
    name: 'loses what others sent in a crash',
    clause: '9.5',
    file: 'agree/receive.ts',
    find: "draft.effects.push({ kind: 'store', message })",
    replace: '',
    seenBy: ['termination'],
  },
  {
    name: 'lists nothing in its Status',
    clause: '5.6',
    file: 'agree/cut.ts',
    find: "sign(draft, 'status', { cut, certified, evidence })",
    replace: "sign(draft, 'status', { cut, certified: certified.slice(0, 0), evidence })",
    seenBy: ['validity'],
  },
  {
    name: 'signs its Status as soon as one member is certified',
    clause: '5.6',
    file: 'agree/cut.ts',
    find: 'return isSettled || isCutDue || state.nowMs >= schedule.finalAtMs',
    replace: 'return isSettled || isCutDue || certifiedCount > 0 || state.nowMs >= schedule.finalAtMs',
    seenBy: ['validity'],
  },
  {
    name: 'calls every Status usable',
    clause: '5.4',
    file: 'agree/value.ts',
    find: 'if (!holdsAllOf(draft.state, draft.params, status.body)) return false',
    replace: '',
    seenBy: ['termination', 'innocence', 'equal-aggregates'],
  },
  {
    name: 'excludes on any accusation',
    clause: '5.4',
    file: 'agree/value.ts',
    find: ') && status.evidence.every((item) => isProven(state, item))',
    replace: ') && status.evidence.every((item) => item.member >= 0)',
    seenBy: ['innocence'],
  },
  {
    name: 'does not fetch what it refused or never got',
    clause: '8.1',
    file: 'agree/outcome.ts',
    find: 'if (held !== null) fetchUpdate(draft, held, true)',
    replace: 'if (held === null) continue',
    // Committed updates are fetched before the decision in almost every world: a unit test sees this one.
    seenBy: [],
  },
  {
    name: 'seals one object of a member caught with two',
    clause: '4.4',
    file: 'agree/commit.ts',
    find: 'const listed = published.filter(({ isCaught }) => !isCaught)',
    replace: 'const listed = published.filter(({ isCaught }) => isCaught || !isCaught)',
    seenBy: [],
  },
  {
    name: 'seals what it will list later as well',
    clause: '4.3',
    file: 'agree/commit.ts',
    find: 'const isDue = state.nowMs >= schedule.commitAtMs && listed.length >= charter.q',
    replace: 'const isDue = listed.length >= charter.q',
    seenBy: ['validity'],
  },
]
