/**
 * A node's own folder as `init` makes it: the key, the options, the journal.
 *
 * `key` holds the secret seed as 64 hex digits and is readable by its owner only; one that others may read is refused,
 * since whoever has read it can sign as this member. `node.json` holds what is this node's own business and nobody
 * else's: where it listens, where its model and data lie. What all members share is the charter.
 * In: a folder. Out: seed and options, checked. Never: a key in a log or an error.
 */
import { isAbsolute, join, resolve } from 'node:path'
import * as v from 'valibot'
import { parseProxy } from '../exchange/proxy.ts'
import type { NetworkOptions } from '../exchange/interface.ts'
import { MEMBER_NAME } from '../charter/schema.ts'
import { encodeInvite } from '../charter/invite.ts'
import { fromHex, toHex } from '../core/bytes.ts'
import { messageOf, RoundError } from '../core/errors.ts'
import type { Rng } from '../core/ports.ts'
import { createSigner } from '../core/signature.ts'
import { ensureFolder, hasFile, isPrivateFile, readText, writeFileAtomic, writeJson } from '../files/index.ts'
import { createJournal } from './journal.ts'
import { journalPath } from './round-folder.ts'

export const keyPath = (folder: string): string => join(folder, 'key')
export const optionsPath = (folder: string): string => join(folder, 'node.json')
/** Where `init` leaves room for the charter; `run` looks here unless told otherwise. */
export const charterPath = (folder: string): string => join(folder, 'charter.json')

const SEED_BYTES = 32
const SMALL_FILE_SIZE_BYTES_MAX = 1 << 20

export type NodeFolderFault =
  | { readonly code: 'KEY_PERMISSIONS'; readonly file: string }
  | { readonly code: 'KEY_MALFORMED'; readonly file: string }
  | { readonly code: 'NODE_FOLDER_EXISTS'; readonly file: string }
  | { readonly code: 'NODE_OPTIONS_INVALID'; readonly file: string; readonly field: string }

const multiaddr = v.pipe(
  v.string(),
  v.regex(/^\/[!-~]+$/, 'expected a multiaddr such as /ip4/0.0.0.0/tcp/4101'),
)
const addresses = v.pipe(v.array(multiaddr), v.maxLength(8))
const path = v.pipe(v.string(), v.minLength(1))

export const PROXY_EXPECTED =
  'expected socks5://[user:password@]host:port or http://[user:password@]host:port'

/** How the others are reached where a plain dial does not do (docs/NETWORK.md). */
const networkSchema = v.strictObject({
  /** File with 64 hex digits that all members have: nobody without them is heard. */
  keyFile: v.optional(path),
  relay: v.optional(v.picklist(['serve', 'use'])),
  /** With `serve`: how much of one member's is passed on. */
  relayMegabytes: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1_000_000_000))),
  mdns: v.optional(v.boolean()),
  upnp: v.optional(v.boolean()),
  /** `socks5://…` or `http://…`: what every connection to another member goes by way of. */
  proxy: v.optional(
    v.pipe(
      v.string(),
      v.check((url) => parseProxy(url) !== null, PROXY_EXPECTED),
    ),
  ),
})

const optionsSchema = v.strictObject({
  schema: v.literal('oneround/node@1'),
  /** What the member wants to be called; the charter has the last word. */
  name: v.pipe(
    v.string(),
    v.regex(MEMBER_NAME, 'expected at most 32 lower-case letters, digits and inner dashes'),
  ),
  /** Where to listen. Port 0 takes a free one; nowhere for who is reached through a relay only. */
  listen: addresses,
  /** Where the others can dial this node; what the invite carries. By default the same. */
  announce: v.optional(addresses),
  /** Where to dial the others, by name: in place of what the charter file says. */
  peers: v.optional(v.record(v.string(), addresses), {}),
  /** Folder of the base model, training data, adapter to publish: relative to this folder or absolute. */
  model: v.optional(path),
  data: v.optional(path),
  adapter: v.optional(path),
  network: v.optional(networkSchema),
  /** Threads of training. */
  threads: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(256))),
})
export type NodeFolderOptions = Readonly<v.InferOutput<typeof optionsSchema>>

export interface NodeFolder {
  readonly folder: string
  readonly options: NodeFolderOptions
  /** 32 secret bytes. */
  readonly seed: Uint8Array
}

export interface NodeFolderDraft {
  readonly folder: string
  readonly name: string
  readonly listen: readonly string[]
  readonly announce?: readonly string[]
}

/**
 * Makes a node folder with a fresh key.
 * @returns the invite, for whoever draws up the charter
 * @throws NODE_FOLDER_EXISTS | NODE_OPTIONS_INVALID — nothing is written then
 */
export async function createNodeFolder(
  draft: NodeFolderDraft,
  rng: Rng,
): Promise<{ readonly invite: string }> {
  const { folder, name } = draft
  const options = checkOptions(
    {
      schema: 'oneround/node@1',
      name,
      listen: [...draft.listen],
      ...(draft.announce === undefined ? {} : { announce: [...draft.announce] }),
    },
    optionsPath(folder),
  )
  for (const file of [keyPath(folder), journalPath(folder), optionsPath(folder)]) {
    if (!(await hasFile(file))) continue
    throw new RoundError<NodeFolderFault>(
      { code: 'NODE_FOLDER_EXISTS', file },
      `${file}: exists already; a key is never overwritten`,
      { hint: 'Choose another folder, or use the node that is here.' },
    )
  }
  await ensureFolder(folder, 0o700)
  const seed = rng.bytes(SEED_BYTES)
  const signer = createSigner(seed)
  await createJournal(journalPath(folder), signer.publicKey, rng)
  await writeJson(optionsPath(folder), options)
  // The key last: a folder with a key is a whole node.
  await writeFileAtomic(keyPath(folder), `${toHex(seed)}\n`, 0o600)
  return { invite: inviteOf({ folder, options, seed }) }
}

/** The line that a charter's author needs of this node. */
export function inviteOf({ options, seed }: NodeFolder): string {
  return encodeInvite(options.name, options.announce ?? options.listen, createSigner(seed))
}

/** @throws FILE_MISSING | KEY_PERMISSIONS | KEY_MALFORMED | NODE_OPTIONS_INVALID */
export async function readNodeFolder(folder: string): Promise<NodeFolder> {
  const file = optionsPath(folder)
  const seed = await readSeed(folder)
  const text = await readText(file, SMALL_FILE_SIZE_BYTES_MAX)
  return { folder, seed, options: checkOptions(parseJson(text, file), file) }
}

/** The secret seed of a node's key. @throws FILE_MISSING | KEY_PERMISSIONS | KEY_MALFORMED */
export function readSeed(folder: string): Promise<Uint8Array> {
  return readSecret(keyPath(folder))
}

/** 32 secret bytes as 64 hex digits, in a file that nobody else may read. */
async function readSecret(file: string): Promise<Uint8Array> {
  if (!(await isPrivateFile(file))) {
    throw new RoundError<NodeFolderFault>(
      { code: 'KEY_PERMISSIONS', file },
      `${file}: others on this machine may read it; expected rights 600`,
      {
        hint: `If nobody has, run chmod 600 ${file}. Otherwise make a new key and let the other members admit it.`,
      },
    )
  }
  const seed = fromHex((await readText(file, SMALL_FILE_SIZE_BYTES_MAX)).trim())
  if (seed?.length !== SEED_BYTES) {
    throw new RoundError<NodeFolderFault>(
      { code: 'KEY_MALFORMED', file },
      `${file}: expected ${2 * SEED_BYTES} hex digits`,
      { hint: 'Restore the file from where you keep your secrets.' },
    )
  }
  return seed
}

/** The network options with the key read. @throws FILE_MISSING | KEY_PERMISSIONS | KEY_MALFORMED */
export async function readNetwork({ folder, options }: NodeFolder): Promise<NetworkOptions> {
  const { keyFile, relay, relayMegabytes, mdns, upnp, proxy: url } = options.network ?? {}
  const proxy = url === undefined ? null : parseProxy(url)
  return {
    ...(keyFile === undefined ? {} : { key: await readSecret(pathFrom(folder, keyFile)) }),
    ...(relay === undefined ? {} : { relay }),
    ...(relayMegabytes === undefined ? {} : { relayedBytesMax: relayMegabytes * 1_000_000 }),
    ...(mdns === undefined ? {} : { mdns }),
    ...(upnp === undefined ? {} : { upnp }),
    ...(proxy === null ? {} : { proxy }),
  }
}

/** A path of `node.json` or of the command line, from the node's folder. */
export function pathFrom(folder: string, given: string): string {
  return isAbsolute(given) ? given : resolve(folder, given)
}

function checkOptions(value: unknown, file: string): NodeFolderOptions {
  const checked = v.safeParse(optionsSchema, value, { abortEarly: true })
  if (checked.success) {
    const { listen, network } = checked.output
    if (listen.length > 0 || network?.relay === 'use') return checked.output
    throw optionsInvalid(file, 'listen', 'expected an address, or network.relay "use"')
  }
  const issue = checked.issues[0]
  throw optionsInvalid(file, v.getDotPath(issue) ?? '', issue.message)
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw optionsInvalid(file, '', `no JSON (${messageOf(error)})`)
  }
}

function optionsInvalid(file: string, field: string, reason: string): RoundError<NodeFolderFault> {
  return new RoundError<NodeFolderFault>(
    { code: 'NODE_OPTIONS_INVALID', file, field },
    `${file}: ${field === '' ? '' : `${field}: `}${reason}`,
    { hint: 'docs/CLI.md lists the fields; unknown ones are errors.' },
  )
}
