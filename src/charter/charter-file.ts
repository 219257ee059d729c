/**
 * The charter as a file for people: `charter.json`.
 *
 * `{schema, digest, charter, signatures, addresses}`. `charter` is the charter itself, byte strings as lower-case hex;
 * there is no second copy of it in the file that could say something else: the canonical bytes are made from what a
 * person reads, and `digest` only guards against slips of an editor. `signatures` maps names of members to hex.
 * `addresses` maps names to multiaddrs: a hint where to dial, not part of what is signed, since addresses change.
 *
 * In: text from anybody. Out: a charter that fits its schema, and signatures of the right length; whether they are right
 * is `checkSignatures`', whether the figures make sense `checkCharter`'s business.
 */
import * as v from 'valibot'
import { equalBytes, fromHex, toHex } from '../core/bytes.ts'
import { whyNotCanonical } from '../core/canonical.ts'
import { messageOf } from '../core/errors.ts'
import type { RoundError } from '../core/errors.ts'
import { type Digest, SIGNATURE_BYTES } from '../core/ids.ts'
import { charterCodec, charterDigest, findSchemaProblem } from './charter.ts'
import { charterError, type CharterFault } from './errors.ts'
import { type Charter, CHARTER_SIZE_BYTES_MAX, MEMBER_COUNT_MAX } from './schema.ts'

/** Hex doubles the bytes, JSON adds names and brackets. */
export const CHARTER_FILE_SIZE_BYTES_MAX: number = 4 * CHARTER_SIZE_BYTES_MAX
export const CHARTER_FILE_SCHEMA = 'oneround/charter-file@1'

export interface SignedCharter {
  readonly charter: Charter
  readonly digest: Digest
  /** Name of a member → its signature of the charter. */
  readonly signatures: ReadonlyMap<string, Uint8Array>
  /** Name of a member → where it may be dialled. */
  readonly addresses: ReadonlyMap<string, readonly string[]>
}

/** The fields of a charter that hold bytes. The names are used for nothing else in it. */
const BYTE_FIELDS: ReadonlySet<string> = new Set([
  'consortium',
  'predecessor',
  'publicKey',
  'sha256',
  'kernelDigest',
  'sharedA',
])

const textOfBytes = v.pipe(
  v.string(),
  v.check((text) => fromHex(text) !== null, 'expected lower-case hex'),
)
const fileSchema = v.strictObject({
  schema: v.literal(CHARTER_FILE_SCHEMA),
  digest: textOfBytes,
  charter: v.looseObject({}),
  signatures: v.record(v.string(), textOfBytes),
  addresses: v.optional(v.record(v.string(), v.pipe(v.array(v.string()), v.maxLength(16)))),
})

/** A charter without signatures. */
export function unsigned(charter: Charter): SignedCharter {
  return { charter, digest: charterDigest(charter), signatures: new Map(), addresses: new Map() }
}

export function formatCharterFile({ charter, digest, signatures, addresses }: SignedCharter): string {
  const names = charter.members.map((member) => member.name)
  const inOrder = <T>(map: ReadonlyMap<string, T>): (readonly [string, T])[] =>
    names.flatMap((name) => {
      const value = map.get(name)
      return value === undefined ? [] : [[name, value] as const]
    })
  const value = {
    schema: CHARTER_FILE_SCHEMA,
    digest: toHex(digest),
    charter: charterJson(charter),
    signatures: Object.fromEntries(inOrder(signatures).map(([name, bytes]) => [name, toHex(bytes)])),
    addresses: Object.fromEntries(inOrder(addresses)),
  }
  return `${JSON.stringify(value, null, 2)}\n`
}

/** A charter as JSON, bytes as hex. */
export function charterJson(charter: Charter): Record<string, unknown> {
  return hexed(charter) as Record<string, unknown>
}

function hexed(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (Array.isArray(value)) return value.map(hexed)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hexed(item)]))
  }
  return value
}

/** Texts of byte fields as bytes; a text that is no hex stays, and the schema says so. */
function unhexed(value: unknown, key: string): unknown {
  if (typeof value === 'string' && BYTE_FIELDS.has(key)) return fromHex(value) ?? value
  if (Array.isArray(value)) return value.map((item) => unhexed(item, ''))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, unhexed(item, name)]))
  }
  return value
}

/**
 * Reads a charter file.
 * @param file — its path, for messages
 * @throws CHARTER_MALFORMED
 */
export function parseCharterFile(text: string, file: string): SignedCharter {
  const checked = v.safeParse(fileSchema, parseJson(text, file), { abortEarly: true })
  if (!checked.success) {
    const issue = checked.issues[0]
    throw malformed(file, v.getDotPath(issue) ?? '', issue.message)
  }
  const raw = checked.output
  const charter = charterOfJson(raw.charter, file)
  const digest = charterDigest(charter)
  if (toHex(digest) !== raw.digest) {
    throw malformed(file, 'digest', `is ${raw.digest}, but the charter in the file has ${toHex(digest)}`)
  }
  const names = new Set(charter.members.map((member) => member.name))
  const signatures = new Map<string, Uint8Array>()
  for (const [name, hex] of Object.entries(raw.signatures)) {
    const bytes = fromHex(hex)
    if (!names.has(name)) throw malformed(file, `signatures.${name}`, 'is of no member')
    if (bytes?.length !== SIGNATURE_BYTES)
      throw malformed(file, `signatures.${name}`, `expected ${SIGNATURE_BYTES} bytes`)
    signatures.set(name, bytes)
  }
  const addresses = new Map(Object.entries(raw.addresses ?? {}))
  if (addresses.size > MEMBER_COUNT_MAX) throw malformed(file, 'addresses', 'has too many entries')
  return { charter, digest, signatures, addresses }
}

/** The charter of its JSON form. @throws CHARTER_MALFORMED */
export function charterOfJson(value: unknown, file: string): Charter {
  const raw = unhexed(value, '')
  const problem = findSchemaProblem(raw)
  if (problem !== null) throw malformed(file, `charter.${problem.field}`, problem.reason)
  // What a schema lets pass, such as a name in another alphabet, may still have no canonical bytes.
  const forbidden = whyNotCanonical(raw)
  if (forbidden !== null) throw malformed(file, 'charter', `holds ${forbidden}`)
  // Through the canonical bytes, so that what passes here is what every other member will decode.
  const decoded = charterCodec.decode(charterCodec.encode(raw as Charter))
  if (!decoded.ok) throw malformed(file, 'charter', decoded.fault.code)
  return decoded.value
}

/**
 * One charter from copies that members signed apart: all signatures and addresses.
 * @throws CHARTERS_DIFFER
 */
export function joinSigned(
  copies: readonly { readonly file: string; readonly signed: SignedCharter }[],
  first: { readonly file: string; readonly signed: SignedCharter },
): SignedCharter {
  const differing = copies.filter(({ signed }) => !equalBytes(signed.digest, first.signed.digest))
  if (differing.length > 0) {
    const all = [first, ...differing]
    throw charterError(
      {
        code: 'CHARTERS_DIFFER',
        files: all.map(({ file }) => file),
        digests: all.map(({ signed }) => toHex(signed.digest)),
      },
      `${all.map(({ file }) => file).join(' and ')} hold different charters: ${all.map(({ signed }) => toHex(signed.digest).slice(0, 16)).join(', ')}`,
      'All members must sign the same file; compare them with `oneround charter show`.',
    )
  }
  const all = [first, ...copies].map(({ signed }) => signed)
  return {
    ...first.signed,
    signatures: new Map(all.flatMap((signed) => [...signed.signatures])),
    addresses: new Map(all.flatMap((signed) => [...signed.addresses])),
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw malformed(file, '', `no JSON (${messageOf(error)})`)
  }
}

function malformed(file: string, field: string, reason: string): RoundError<CharterFault> {
  return charterError(
    { code: 'CHARTER_MALFORMED', file, field },
    `${file}: ${field === '' ? '' : `${field}: `}${reason}`,
    'Ask the member who drew the charter up for the file again, or draw up another with `oneround charter new`.',
  )
}
