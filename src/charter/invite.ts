/**
 * Invites: one line of text by which a future member tells its name, public key and addresses to whoever draws up the
 * charter. Signed by the key, so that a line that was cut off, mistyped or made up for somebody else's key is noticed.
 *
 * `oneround-invite:` and the base64url of canonical `{body, signature}`.
 */
import * as v from 'valibot'
import { fromBase64Url, toBase64Url } from '../core/bytes.ts'
import {
  defineCodec,
  describeDecodeFault,
  publicKeySchema,
  signatureSchema,
  textSchema,
} from '../core/canonical.ts'
import { isPrimeOrderKey } from '../core/ed25519-key.ts'
import { messageOf, type RoundError } from '../core/errors.ts'
import { type Signer, signedBytesOf, verifySignature } from '../core/signature.ts'
import { charterError, type CharterFault } from './errors.ts'
import { MEMBER_NAME } from './schema.ts'

export const INVITE_PREFIX = 'oneround-invite:'
export const ADDRESS_COUNT_MAX = 8
const INVITE_SIZE_BYTES_MAX = 4096

const bodySchema = v.strictObject({
  schema: v.literal('oneround/invite@1'),
  name: v.pipe(textSchema(32), v.regex(MEMBER_NAME, 'expected lower-case letters, digits and inner dashes')),
  publicKey: publicKeySchema,
  /** Multiaddrs, such as `/ip4/192.0.2.7/tcp/4101`. */
  addresses: v.pipe(
    v.array(v.pipe(textSchema(256), v.regex(/^\//, 'expected a multiaddr such as /ip4/192.0.2.7/tcp/4101'))),
    v.maxLength(ADDRESS_COUNT_MAX),
  ),
})
const bodyCodec = defineCodec('invite', INVITE_SIZE_BYTES_MAX, bodySchema)
const bytesSchema: v.GenericSchema<Uint8Array, Uint8Array> = v.instance(Uint8Array)
const inviteCodec = defineCodec(
  'invite-envelope',
  INVITE_SIZE_BYTES_MAX,
  v.strictObject({ body: bytesSchema, signature: signatureSchema }),
)

export type Invite = Readonly<Omit<v.InferOutput<typeof bodySchema>, 'schema'>>

export function encodeInvite(name: string, addresses: readonly string[], signer: Signer): string {
  const body = bodyCodec.encode({
    schema: 'oneround/invite@1',
    name,
    publicKey: signer.publicKey,
    addresses: [...addresses],
  })
  const signature = signer.sign(signedBytesOf('invite', body))
  return `${INVITE_PREFIX}${toBase64Url(inviteCodec.encode({ body, signature }))}`
}

/** @throws INVITE_INVALID */
export function decodeInvite(text: string): Invite {
  const trimmed = text.trim()
  if (!trimmed.startsWith(INVITE_PREFIX)) throw invalid(`expected a text that begins with ${INVITE_PREFIX}`)
  const encoded = trimmed.slice(INVITE_PREFIX.length)
  if (!/^[A-Za-z0-9_-]*$/.test(encoded) || encoded.length > 2 * INVITE_SIZE_BYTES_MAX) {
    throw invalid('it holds other characters than base64url has, or too many')
  }
  const outer = inviteCodec.decode(bytesOfBase64(encoded))
  if (!outer.ok) throw invalid(describeDecodeFault(outer.fault))
  const inner = bodyCodec.decode(outer.value.body)
  if (!inner.ok) throw invalid(describeDecodeFault(inner.fault))
  const { name, publicKey, addresses } = inner.value
  if (!isPrimeOrderKey(publicKey)) throw invalid('its key is no Ed25519 key of prime order')
  if (!verifySignature(publicKey, signedBytesOf('invite', outer.value.body), outer.value.signature)) {
    throw invalid('it is not signed by its own key')
  }
  return { name, publicKey, addresses }
}

function bytesOfBase64(text: string): Uint8Array {
  try {
    return fromBase64Url(text)
  } catch (error) {
    // Spare bits at the end that are not zero: the last letters are missing or wrong.
    throw invalid(`it was cut off (${messageOf(error)})`)
  }
}

function invalid(reason: string): RoundError<CharterFault> {
  return charterError(
    { code: 'INVITE_INVALID', reason },
    `invite: ${reason}`,
    'Copy the whole line that `oneround init` printed.',
  )
}
