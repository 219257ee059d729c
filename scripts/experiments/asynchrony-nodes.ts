/**
 * Rounds of real nodes over loopback in which one member is late: three decide without it, it comes when they have their
 * result, a late cut adds it. In: adapters, a charter's draft without its times. Out: the aggregates that members hold a
 * certificate of, by cut. Keys come from a seed, so that every round has the same roster in the same order.
 */
import { join } from 'node:path'
import * as v from 'valibot'
import {
  buildCharter,
  type Charter,
  type CharterDraft,
  signCharter,
  type SignedCharter,
  unsigned,
} from '../../src/charter/index.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { createSigner } from '../../src/core/signature.ts'
import { findFreePorts } from '../../src/demo/free-ports.ts'
import { type RunningCommand, startCommand } from '../../src/demo/process.ts'
import { ensureFolder, removeFolder } from '../../src/files/index.ts'
import { writeCharterFile } from '../../src/node/charter-store.ts'
import { charterPath, createNodeFolder, readSeed } from '../../src/node/node-folder.ts'
import { killAtExit } from './leave-nothing.ts'

/** What all rounds of a cell share. */
export type Terms = Omit<CharterDraft, 'consortium' | 'members' | 'rounds' | 'latecomers'>

export interface NodeRound {
  /** Number of the member that was late; null: nobody. */
  readonly late: number | null
  /** By cut: the aggregates named by the certificates that members have of it, each once. One is agreement. */
  readonly aggregates: readonly (readonly string[])[]
  /** By cut: how many members have a certificate. */
  readonly holders: readonly number[]
  readonly seconds: number
}

const FINAL_AFTER_MS = 1_200_000
/** Longer than any member needs to start on a busy machine, so that nobody decides without one that is on its way. */
const COMMIT_AFTER_MS = 120_000
const LINGER_SECONDS = '60'
/** A round of processes that start on a busy machine takes a minute or two. */
const ROUND_MS_MAX = 600_000

const seeded = (seed: string): { readonly bytes: (length: number) => Uint8Array } => {
  const rng = new SeededRng(seed)
  return { bytes: (length) => Uint8Array.from({ length }, () => rng.below(256)) }
}

const nameOf = (i: number): string => `site-${String.fromCharCode(97 + i)}`

/** Where members' numbers are those of `adapters`: their places in the charter's roster. */
export function charterOf(
  terms: Terms,
  publicKeys: CharterDraft['members'],
  late: number | null,
  nowMs = Date.now(),
): Charter {
  const at = (ms: number): number => nowMs + ms
  // Deadlines that are over leave the late one no time; where nobody is late they are never reached.
  const [commit, cut, lateCut] =
    late === null ? [COMMIT_AFTER_MS, COMMIT_AFTER_MS + 1000, null] : [1000, 2000, 3000]
  return buildCharter({
    ...terms,
    consortium: seeded('oneround/experiments/consortium').bytes(16),
    members: publicKeys,
    latecomers: true,
    rounds: [
      {
        commitAtMs: at(commit),
        cutAtMs: at(cut),
        lateCutsAtMs: lateCut === null ? [] : [at(lateCut)],
        finalAtMs: at(FINAL_AFTER_MS),
      },
    ],
  })
}

const certificateSchema = v.object({ type: v.literal('certificate'), cut: v.number(), aggregate: v.string() })

function certificateOf(line: string): v.InferOutput<typeof certificateSchema> | null {
  if (!line.startsWith('{')) return null
  const checked = v.safeParse(certificateSchema, JSON.parse(line))
  return checked.success ? checked.output : null
}

/** Keys of the members, from a seed: the same at every call. */
export async function makeMembers(
  root: string,
  count: number,
): Promise<readonly { readonly folder: string; readonly name: string; readonly address: string }[]> {
  const ports = await findFreePorts(count)
  const members = ports.map((port, i) => ({
    folder: join(root, nameOf(i)),
    name: nameOf(i),
    address: `/ip4/127.0.0.1/tcp/${port}`,
  }))
  for (const { folder, name, address } of members)
    await createNodeFolder({ folder, name, listen: [address] }, seeded(`oneround/experiments/${name}`))
  return members
}

/** @throws of a process that did not end well, with its last words */
async function watchEnd({ ended }: RunningCommand, name: string): Promise<void> {
  const { status, signal, stderrTail } = await ended
  // A signal is ours: the round is over.
  if (status !== 0 && signal === null) throw new Error(`${name}: status ${status}: ${stderrTail.join(' / ')}`)
}

/** Runs one round in `root`, an own folder that is removed again. @param adapters — PEFT folders, one a member */
export async function runNodeRound(
  root: string,
  terms: Terms,
  adapters: readonly string[],
  late: number | null,
): Promise<NodeRound> {
  // What a run that was killed left.
  await removeFolder(root)
  await ensureFolder(root)
  const members = await makeMembers(root, adapters.length)
  const signers = await Promise.all(members.map(async ({ folder }) => createSigner(await readSeed(folder))))
  const roster = signers.map(({ publicKey }, i) => ({ name: nameOf(i), publicKey }))
  const charter = charterOf(terms, roster, late)
  let signed: SignedCharter = {
    ...unsigned(charter),
    addresses: new Map(members.map(({ name, address }) => [name, [address]])),
  }
  for (const signer of signers) signed = signCharter(signed, signer, 'charter.json')
  for (const { folder } of members) await writeCharterFile(charterPath(folder), signed)

  const cutCount = late === null ? 1 : 2
  const found = Array.from({ length: cutCount }, () => new Map<number, string>())
  const startedAt = performance.now()
  const running: RunningCommand[] = []
  const endWatch = killAtExit(running)
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => {
        const held = found.map((cut) => `${cut.size} of ${adapters.length}`).join(', ')
        reject(new Error(`a round took more than ${ROUND_MS_MAX / 1000} s; certificates by cut: ${held}`))
      }, ROUND_MS_MAX)
      const start = (member: number): void => {
        const until = late === null ? ['--until-certificate'] : ['--until-cut', '1']
        const args = ['run', members[member]?.folder ?? '', '--adapter', adapters[member] ?? '', ...until]
        const command = startCommand([...args, '--linger', LINGER_SECONDS], (line) => {
          const certificate = certificateOf(line)
          if (certificate === null) return
          found[certificate.cut]?.set(member, certificate.aggregate)
          const isEarlyOver = found[0]?.size === adapters.length - 1 && !found[0].has(late ?? -1)
          if (late !== null && isEarlyOver && running.length < adapters.length) start(late)
          if (found.at(-1)?.size === adapters.length) resolve()
        })
        running.push(command)
        watchEnd(command, nameOf(member)).then(
          // Who ended well has its certificates; if others lack theirs when all are over, the figures say so.
          () => {
            if (running.every(({ child }) => child.exitCode !== null)) resolve()
            return null
          },
          reject,
        )
      }
      for (const member of adapters.keys()) if (member !== late) start(member)
    })
  } finally {
    clearTimeout(timer)
    for (const { child } of running) child.kill('SIGKILL')
    endWatch()
    // Their ends were told above; here they only have to be over before their folders go.
    await Promise.allSettled(running.map(({ ended }) => ended))
    await removeFolder(root)
  }
  return {
    late,
    aggregates: found.map((cut) => [...new Set(cut.values())]),
    holders: found.map((cut) => cut.size),
    seconds: (performance.now() - startedAt) / 1000,
  }
}
