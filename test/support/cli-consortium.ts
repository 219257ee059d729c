/**
 * A consortium made by the command line alone: node folders, a charter that all have signed, and lines to train on, in one
 * folder with the demo's base model (`base`). What tests of whole rounds with real training start from.
 */
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { findFreePorts } from '../../src/demo/free-ports.ts'
import { siteData, siteRecipe, toJsonl } from '../../src/recipes/index.ts'
import { type CliEnd, oneround } from './cli.ts'

export interface CliConsortium {
  readonly root: string
  /** Node folders below `root`; their lines are `<name>.jsonl`. */
  readonly names: readonly string[]
  /** `oneround …args --json` in `root`, which must succeed. */
  readonly run: (...args: readonly string[]) => Promise<CliEnd>
}

const BASE = fileURLToPath(new URL('../../nodes/base-model', import.meta.url))

/** @param charter — options of `charter new` beside members, model and deadlines */
export async function makeCliConsortium(
  names: readonly string[],
  charter: readonly string[],
  trainingLines = 32,
): Promise<CliConsortium> {
  const root = mkdtempSync(join(tmpdir(), 'oneround-cli-consortium-'))
  const run = async (...args: readonly string[]): Promise<CliEnd> => {
    const end = await oneround([...args, '--json'], { cwd: root })
    expect(end.status, end.stderr + end.stdout).toBe(0)
    return end
  }
  cpSync(BASE, join(root, 'base'), { recursive: true })
  const ports = await findFreePorts(names.length)
  const invites: string[] = []
  for (const [i, name] of names.entries()) {
    const { train } = siteData(siteRecipe(i, { train: trainingLines, validation: 4, test: 4 }))
    writeFileSync(join(root, `${name}.jsonl`), toJsonl(train))
    const listen = `/ip4/127.0.0.1/tcp/${ports[i]}`
    const { document } = await run('init', name, '--name', `site-${name}`, '--listen', listen)
    invites.push('--member', String(document?.['invite']))
  }
  const deadlines = ['--commit', '+10m', '--cut', '+20m', '--final', '+1h']
  await run('charter', 'new', ...invites, '--model', 'base', ...charter, ...deadlines)
  for (const name of names) await run('charter', 'sign', 'charter.json', '--node', name, '--model', 'base')
  for (const name of names) cpSync(join(root, 'charter.json'), join(root, name, 'charter.json'))
  return { root, names, run }
}
