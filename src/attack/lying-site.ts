/**
 * The process of a member that breaks the protocol, for the local consortium and tests: an honest node but for its
 * exchange (conduct.ts). Arguments: node folder, PEFT folder, conduct, and for `forged` what is wrong with the update.
 * Its stderr and stdout read like those of `oneround run --json`.
 */
import '../compat.ts'
import { RULE_BOOK } from '../aggregate/rule-book.ts'
import { charterDigest, memberIndexOf, roundIdOf } from '../charter/charter.ts'
import { assert } from '../core/errors.ts'
import { createSigner } from '../core/signature.ts'
import { openChunkStore } from '../exchange/chunk-store.ts'
import type { ExchangeHandlers, ExchangeModules, ExchangeOptions } from '../exchange/interface.ts'
import { readCharterInForce } from '../node/charter-store.ts'
import { composeNode } from '../node/compose-node.ts'
import type { NodeModules } from '../node/modules.ts'
import { charterPath, readNodeFolder } from '../node/node-folder.ts'
import { roundFolder } from '../node/round-folder.ts'
import { systemModules } from '../node/system-modules.ts'
import { createLyingExchange, CONDUCTS, type Conduct } from './conduct.ts'
import { FORGERIES, forgeUpdate } from './forged-update.ts'

const ROUND_NUMBER = 1
const nothing = (): void => undefined
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }

const [folder = '', adapter = '', conductWord = '', forgeryWord = ''] = process.argv.slice(2)
const conduct = CONDUCTS.find((each) => each === conductWord)
assert(conduct !== undefined, `conduct: one of ${CONDUCTS.join(', ')}`)
const forgery = FORGERIES.find((each) => each === forgeryWord) ?? null

const { seed, options } = await readNodeFolder(folder)
const signedCharter = await readCharterInForce(charterPath(folder), RULE_BOOK)
const modules = systemModules(log)
const node = await composeNode(
  {
    folder,
    seed,
    signedCharter,
    roundNumber: ROUND_NUMBER,
    ownUpdate: adapter,
    listen: options.listen,
    onEvent: (event) => process.stderr.write(`${JSON.stringify(event)}\n`),
  },
  { ...modules, createExchange: await lyingCreate(conduct, modules) },
)

/** The real exchange, wrapped; the forged update is on disk before the node starts. */
async function lyingCreate(
  kind: Conduct,
  { createExchange, rng }: NodeModules,
): Promise<NodeModules['createExchange']> {
  const { charter } = signedCharter
  const signer = createSigner(seed)
  const member = memberIndexOf(charter, signer.publicKey)
  assert(member !== null, 'the key is of a member')
  const round = roundIdOf(charterDigest(charter), ROUND_NUMBER)
  const place = roundFolder(folder, ROUND_NUMBER).updates
  const store = openChunkStore({ folder: place, limits: charter.limits })
  const forged =
    forgery === null
      ? null
      : await forgeUpdate(forgery, { charter, round, member, store, folder: place, rng })
  const stranger = createSigner(rng.bytes(seed.length))
  return (exchangeOptions: ExchangeOptions, handlers: ExchangeHandlers, exchangeModules: ExchangeModules) =>
    createLyingExchange((lying) => createExchange(exchangeOptions, lying, exchangeModules), handlers, {
      conduct: kind,
      signer,
      stranger,
      store,
      forged,
    })
}

const stopped = new Promise<null>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(null))
})
await node.start()
const outcome = await Promise.race([node.outcome, stopped])
// Whoever else is behind may still ask; the starter ends this process when all others have ended.
if (outcome !== null) await stopped
const status = node.status()
await node.stop()
const document = {
  schema: 'oneround/run@1',
  outcome: outcome?.kind ?? 'stopped',
  certificate: null,
  adapter: null,
  status,
}
process.stdout.write(`${JSON.stringify(document)}\n`, () => process.exit(0))
