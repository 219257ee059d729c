/**
 * The consortium's folders, made as their operators would: `oneround init` at every site, `charter new` by the first,
 * `charter sign` by all, each a process of its own. In: names and the rules. Out: node folders with a charter in force.
 */
import { join } from 'node:path'
import * as v from 'valibot'
import { RoundError } from '../core/errors.ts'
import { CHARTER_FILE_SIZE_BYTES_MAX } from '../charter/index.ts'
import { readText, writeFileAtomic } from '../files/index.ts'
import { findFreePorts } from './free-ports.ts'
import { mapInParallel } from './parallel.ts'
import { runCommand } from './process.ts'

export interface SetupOptions {
  readonly root: string
  readonly sites: readonly string[]
  readonly model: string
  /** Further words for `charter new`: modules, rank, rules, deadlines. */
  readonly charterArgs: readonly string[]
  readonly signal: AbortSignal
}

const initDocument = v.object({ invite: v.string() })
const signDocument = v.object({ inForce: v.boolean() })

/** Node folder of a site below the consortium's folder. */
export const nodeFolder = (root: string, site: string): string => join(root, site)
const charterFile = (root: string, site: string): string => join(nodeFolder(root, site), 'charter.json')

/** Makes a node folder for each site. @returns the invites, in roster order */
export async function initSites({ root, sites, signal }: SetupOptions): Promise<readonly string[]> {
  const ports = await findFreePorts(sites.length)
  return mapInParallel(sites, async (site, i) => {
    const listen = `/ip4/127.0.0.1/tcp/${ports[i]}`
    const args = ['init', nodeFolder(root, site), '--name', site, '--listen', listen]
    return read(initDocument, await runCommand(args, signal), 'init').invite
  })
}

/** Draws up the charter and has every site sign it: each its own copy, then each joins all copies. */
export async function agreeOnCharter(options: SetupOptions, invites: readonly string[]): Promise<void> {
  const { root, sites, model, charterArgs, signal } = options
  const draft = join(root, 'charter.json')
  const members = invites.flatMap((invite) => ['--member', invite])
  await runCommand(['charter', 'new', ...members, '--model', model, ...charterArgs, '--out', draft], signal)
  await mapInParallel(sites, (site) => {
    const out = ['--out', charterFile(root, site)]
    return runCommand(
      ['charter', 'sign', draft, '--node', nodeFolder(root, site), '--model', model, ...out],
      signal,
    )
  })
  const copies = sites.map((site) => charterFile(root, site))
  const joined = join(root, 'charter.signed.json')
  const [first = ''] = sites
  const end = await runCommand(
    ['charter', 'sign', ...copies, '--node', nodeFolder(root, first), '--out', joined],
    signal,
  )
  if (!read(signDocument, end, 'charter sign').inForce) throw unexpected('charter sign')
  const text = await readText(joined, CHARTER_FILE_SIZE_BYTES_MAX)
  for (const copy of copies) await writeFileAtomic(copy, text)
}

export type SetupFault = { readonly code: 'COMMAND_UNEXPECTED'; readonly command: string }

function unexpected(command: string): RoundError<SetupFault> {
  return new RoundError(
    { code: 'COMMAND_UNEXPECTED', command },
    `oneround ${command}: its document is not what this version prints`,
  )
}

function read<T>(schema: v.GenericSchema<unknown, T>, document: unknown, command: string): T {
  const checked = v.safeParse(schema, document)
  if (!checked.success) throw unexpected(command)
  return checked.output
}
