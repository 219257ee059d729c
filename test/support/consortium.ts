/**
 * A consortium of node folders, as `init`, `charter new` and `charter sign` would leave them, with small ready-made
 * adapters: what tests of whole rounds start from. Real keys, a real charter in force; no model and no training.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kernelDigest } from '../../src/aggregate/index.ts'
import {
  buildCharter,
  type CharterDraft,
  type Layout,
  signCharter,
  type SignedCharter,
  unsigned,
} from '../../src/charter/index.ts'
import { createSigner } from '../../src/core/signature.ts'
import { toNumber } from '../../src/core/rational.ts'
import { asDigest } from '../../src/core/ids.ts'
import { SeededRng } from '../../src/core/seeded-rng.ts'
import { findFreePorts } from '../../src/demo/free-ports.ts'
import { writeAdapter } from '../../src/model/peft.ts'
import { writeCharterFile } from '../../src/node/charter-store.ts'
import { charterPath, createNodeFolder, readSeed } from '../../src/node/node-folder.ts'

export interface Consortium {
  readonly root: string
  readonly names: readonly string[]
  readonly signed: SignedCharter
  readonly folderOf: (name: string) => string
  readonly adapterOf: (name: string) => string
}

/** Where a member is, for networks where not everybody is dialled alike. */
export interface Place {
  readonly listen: readonly string[]
  /** Where the charter says that others dial it. */
  readonly addresses: readonly string[]
  /** `network` of its node.json. */
  readonly network: Readonly<Record<string, unknown>>
}

export interface ConsortiumOptions {
  readonly n: number
  /** Seconds from now. Only members that say nothing make anybody wait for them. */
  readonly commitSeconds?: number
  readonly cutSeconds?: number
  readonly finalSeconds?: number
  /** Rank of the adapters. Default 2. */
  readonly rank?: number
  /** Where a member listens and is dialled, as a multiaddr. Default: a free port of this machine. */
  readonly addressOf?: (member: number) => string
  /** More than an address. */
  readonly placeOf?: (member: number) => Place
  readonly changes?: Partial<CharterDraft>
}

/** site-a to site-z, then site-aa, site-ab, … */
function siteName(i: number): string {
  const letter = (k: number): string => String.fromCharCode(97 + k)
  return `site-${i < 26 ? '' : letter(Math.floor(i / 26) - 1)}${letter(i % 26)}`
}

const rng = { bytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)) }

/** Two modules of 24×16 and 16×24, rank up to 4. */
const MODULES = [
  { name: 'model.layers.0.q_proj', in: 16, out: 24 },
  { name: 'model.layers.0.v_proj', in: 24, out: 16 },
]

/** Makes the folders, signs the charter with every key, and writes an adapter for each member. */
export async function makeConsortium(options: ConsortiumOptions): Promise<Consortium> {
  const { n, commitSeconds = 600, cutSeconds = 900, finalSeconds = 1200, rank = 2, changes = {} } = options
  const root = mkdtempSync(join(tmpdir(), 'oneround-consortium-'))
  const names = Array.from({ length: n }, (_, i) => siteName(i))
  const folderOf = (name: string) => join(root, name)
  const adapterOf = (name: string) => join(root, `${name}-adapter`)
  const ports = await findFreePorts(n)
  const addressOf = options.addressOf ?? ((i: number): string => `/ip4/127.0.0.1/tcp/${ports[i]}`)
  const places = names.map((_, i) => options.placeOf?.(i))
  const addresses = new Map(names.map((name, i) => [name, places[i]?.addresses ?? [addressOf(i)]]))
  for (const [i, name] of names.entries()) {
    await createNodeFolder({ folder: folderOf(name), name, listen: [addressOf(i)] }, rng)
    const place = places[i]
    if (place !== undefined) setNodeOptions(folderOf(name), { listen: place.listen, network: place.network })
  }
  const signers = await Promise.all(names.map(async (name) => createSigner(await readSeed(folderOf(name)))))
  const nowMs = Date.now()
  const at = (seconds: number): number => nowMs + 1000 * seconds
  const charter = buildCharter({
    consortium: rng.bytes(16),
    members: signers.map(({ publicKey }, i) => ({ name: names[i] ?? '', publicKey })),
    baseModel: [{ name: 'model.safetensors', sha256: asDigest(new Uint8Array(32).fill(9)) }],
    modules: MODULES,
    rankMax: 4,
    scale: [2, 1],
    rules: [
      { id: 'multi-krum', version: 1 },
      { id: 'trimmed-mean', version: 1 },
    ],
    kernelDigest: await kernelDigest(),
    rounds: [
      {
        commitAtMs: at(commitSeconds),
        cutAtMs: at(cutSeconds),
        lateCutsAtMs: [],
        finalAtMs: at(finalSeconds),
      },
    ],
    ...changes,
  })
  let signed: SignedCharter = { ...unsigned(charter), addresses }
  for (const signer of signers) signed = signCharter(signed, signer, 'charter.json')
  for (const [i, name] of names.entries()) {
    await writeCharterFile(charterPath(folderOf(name)), signed)
    await writeTestAdapter(adapterOf(name), charter.layout, i, rank)
  }
  return { root, names, signed, folderOf, adapterOf }
}

/** Changes fields of a node.json, as its operator would. */
export function setNodeOptions(folder: string, changes: Readonly<Record<string, unknown>>): void {
  const file = join(folder, 'node.json')
  const options = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  writeFileSync(file, JSON.stringify({ ...options, ...changes }))
}

/** Adapters of one consortium point the same way, each with a disturbance of its own: as honest ones do. */
export async function writeTestAdapter(
  folder: string,
  layout: Layout,
  seed: number,
  rank = 2,
): Promise<void> {
  const shared = new SeededRng('shared')
  const own = new SeededRng(`own ${seed}`)
  const values = (count: number): Float32Array =>
    Float32Array.from({ length: count }, () => 0.1 * (shared.normal() + 0.3 * own.normal()))
  const modules = layout.modules.map((module) => ({
    ...module,
    rank,
    scale: toNumber(layout.scale),
    a: values(rank * module.in),
    b: values(rank * module.out),
  }))
  await writeAdapter(folder, modules)
}
