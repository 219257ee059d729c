/** `oneround charter succeed`: draws up the charter that is to follow the one in force. */
import { RULE_BOOK } from '../../aggregate/index.ts'
import {
  checkCharter,
  decodeInvite,
  reportCharter,
  succeedingCharter,
  unsigned,
} from '../../charter/index.ts'
import { toHex } from '../../core/bytes.ts'
import { readCharterInForce, writeCharterFile } from '../../node/charter-store.ts'
import { count, defineCommand, list, text, withDefault } from '../command.ts'
import { jsonOf } from '../output.ts'
import { systemClock } from '../system.ts'
import { parseInstant } from '../words.ts'
import { charterText, reportText } from './charter-text.ts'

export const charterSucceedCommand = defineCommand({
  name: 'charter succeed',
  description:
    'Draws up the charter that is to follow the one in force: members join, leave, or go on under a new key. What is not\n' +
    'named stays as it is. All members of the draft sign it with `oneround charter sign`; then the members of the charter\n' +
    'in force decide on it, each with `oneround charter approve`. A lost or stolen key needs no consent of its own.',
  arguments: [{ name: 'file', help: 'the charter in force' }],
  options: {
    join: list('--join <invite>', 'the line that a new member’s `oneround init` printed'),
    leave: list('--leave <names>', 'members that leave'),
    rotate: list('--rotate <invite>', 'a member’s invite with a new key, under its old name'),
    f: count('--f <n>', 'lying members to bear (default: as before, or as many as the new number allows)'),
    q: count('--quorum <n>', 'quorum'),
    b: count('--b <n>', 'poisoned updates that the rule must bear'),
    minUpdates: count('--min-updates <n>', 'fewer leave the round undecided'),
    commit: withDefault(text('--commit <time>', 'of round 1: headers are due'), '+1h'),
    cut: withDefault(text('--cut <time>', 'updates that are certified by then count'), '+2h'),
    final: withDefault(text('--final <time>', 'members that are silent by then are given up on'), '+1d'),
    out: withDefault(text('--out <file>', 'the draft to write'), 'next.json'),
  },
  examples: [
    'oneround charter succeed charter.json --join oneround-invite:… --leave site-b --out next.json',
    'oneround charter succeed charter.json --rotate oneround-invite:…',
  ],
  run: async ({ args: [file = ''], options: given }) => {
    const old = await readCharterInForce(file, RULE_BOOK)
    const nowMs = systemClock.now()
    const [join, rotate] = [given.join.map(decodeInvite), given.rotate.map(decodeInvite)]
    const { f, q, b, minUpdates } = given
    const charter = succeedingCharter(old.charter, old.digest, {
      join,
      rotate,
      leave: given.leave,
      rounds: [
        {
          commitAtMs: parseInstant(given.commit, '--commit', nowMs),
          cutAtMs: parseInstant(given.cut, '--cut', nowMs),
          lateCutsAtMs: [],
          finalAtMs: parseInstant(given.final, '--final', nowMs),
        },
      ],
      ...(f === undefined ? {} : { f }),
      ...(q === undefined ? {} : { q }),
      ...(b === undefined ? {} : { b }),
      ...(minUpdates === undefined ? {} : { minUpdates }),
    })
    const remarks = checkCharter(charter, RULE_BOOK, given.out)
    const known = [...old.addresses].filter(([name]) =>
      charter.members.some((member) => member.name === name),
    )
    const invited = [...join, ...rotate].map(({ name, addresses }) => [name, addresses] as const)
    const draft = { ...unsigned(charter), addresses: new Map([...known, ...invited]) }
    await writeCharterFile(given.out, draft)
    const report = reportCharter(charter, RULE_BOOK)
    return {
      document: {
        schema: 'oneround/charter-succeed@1',
        file: given.out,
        digest: toHex(draft.digest),
        epoch: charter.epoch,
        predecessor: toHex(old.digest),
        report: jsonOf(report),
        remarks,
      },
      text: `${charterText(draft)}\n\n${reportText(report, remarks)}\n\nWrote ${given.out}. Now all its members sign it, then the members of ${file} approve it.`,
    }
  },
})
