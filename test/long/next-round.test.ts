// Protects: a round that builds on another starts from its attested result, and its adapter is the sum of both.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { deltaOf } from '../../src/export/index.ts'
import { openAggregateFile } from '../../src/export/aggregate-file.ts'
import { roundFolder, type StatusDocument } from '../../src/node/index.ts'
import { readAdapter } from '../../src/model/peft.ts'
import { errorOf, oneround } from '../support/cli.ts'
import { type Consortium, makeConsortium, writeTestAdapter } from '../support/consortium.ts'

const TIMEOUT_MS = 180_000
let consortium: Consortium
const hours = (count: number): number => Date.now() + count * 3_600_000

beforeAll(async () => {
  const first = { commitAtMs: hours(1), cutAtMs: hours(2), lateCutsAtMs: [], finalAtMs: hours(3) }
  const second = { commitAtMs: hours(4), cutAtMs: hours(5), lateCutsAtMs: [], finalAtMs: hours(6) }
  consortium = await makeConsortium({
    n: 3,
    changes: {
      rules: [{ id: 'mean', version: 1 }],
      rounds: [first, { ...second, basis: 'previous' }],
      f: 0,
      b: 0,
    },
  })
})
afterAll(() => rmSync(consortium.root, { recursive: true, force: true }))

/** All members take part in a round, with adapters of their own. */
async function takePart(round: number): Promise<readonly string[]> {
  const ends = await Promise.all(
    consortium.names.map(async (name, i) => {
      const adapter = join(consortium.root, `${name}-adapter-${round}`)
      await writeTestAdapter(adapter, consortium.signed.charter.layout, 10 * round + i)
      const run = ['run', consortium.folderOf(name), '--round', String(round), '--adapter', adapter]
      return oneround([...run, '--until-certificate', '--linger', '20', '--json'])
    }),
  )
  for (const end of ends) expect(end.status, end.stderr).toBe(0)
  return ends.map(({ document }) => {
    const status = document?.['status'] as Partial<StatusDocument> | undefined
    return status?.aggregate ?? ''
  })
}

/** An adapter whose `training.json` says that it was trained on the charter's own base. */
async function plainAdapter(): Promise<string> {
  const adapter = join(consortium.root, 'plain')
  await writeTestAdapter(adapter, consortium.signed.charter.layout, 1)
  const training = { base: { 'model.safetensors': '09'.repeat(32) }, samples: { training: 5 } }
  const rest = { targetTokens: 10, steps: 1, validationLoss: null }
  writeFileSync(join(adapter, 'training.json'), JSON.stringify({ ...training, ...rest }))
  return adapter
}

async function deltasOf(aggregate: string): Promise<ReadonlyMap<string, Float32Array>> {
  const file = await openAggregateFile(aggregate)
  const deltas = new Map<string, Float32Array>()
  for (const [index, { name }] of file.modules.entries()) deltas.set(name, deltaOf(await file.read(index)))
  await file.close()
  return deltas
}

describe('two rounds, the second from the result of the first', { timeout: TIMEOUT_MS }, () => {
  test('refuses the second before the first, then decides both with one digest each', async () => {
    const [folder = ''] = consortium.names.map(consortium.folderOf)
    const early = await oneround(['run', folder, '--round', '2', '--pass', '--json'])
    expect(errorOf(early)).toMatchObject({ code: 'BASIS_MISSING', round: 2 })
    const [first, ...others] = await takePart(1)
    expect(others).toEqual([first, first])
    const plain = await oneround(['run', folder, '--round', '2', '--adapter', await plainAdapter(), '--json'])
    expect(errorOf(plain)).toMatchObject({ code: 'ADAPTER_OTHER_BASE' })
    const [second, ...rest] = await takePart(2)
    expect(rest).toEqual([second, second])
    expect(second).not.toBe(first)

    const verified = await oneround(['verify', folder, '--recompute', '--json'])
    expect(verified.document, verified.stderr).toMatchObject({
      holds: true,
      claims: { roundNumber: 2, aggregate: second, basis: first },
    })
    const checks = verified.document?.['checks'] as { id: string }[] | undefined
    const ids = checks?.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['basis', 'aggregate', 'adapter', 'recomputed']))
  })

  test('§7.10 writes an adapter for the plain base that is the sum of both results', async () => {
    const rounds = join(consortium.folderOf('site-a'), 'rounds')
    const below = await deltasOf(join(rounds, '1', 'aggregate.safetensors'))
    const above = await deltasOf(join(rounds, '2', 'aggregate.safetensors'))
    const { modules } = await readAdapter(join(rounds, '2', 'adapter'))
    expect(modules.map(({ name }) => name)).toEqual([...below.keys()])
    for (const module of modules) {
      const delta = deltaOf({ kind: 'stacked', ...module })
      const expected = below.get(module.name)?.map((value, i) => value + (above.get(module.name)?.[i] ?? 0))
      const differences = delta.map((value, i) => Math.abs(value - (expected?.[i] ?? Number.NaN)))
      // Three roundings to f32 of values below 1.
      expect(Math.max(...differences)).toBeLessThan(3 * 2 ** -24)
    }
  })

  test('refuses a result that was changed on the disk, before any work', async () => {
    const { aggregate } = roundFolder(consortium.folderOf('site-b'), 1)
    const bytes = readFileSync(aggregate)
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
    writeFileSync(aggregate, bytes)
    const end = await oneround(['run', consortium.folderOf('site-b'), '--round', '2', '--pass', '--json'])
    expect(errorOf(end)).toMatchObject({ code: 'BASIS_INVALID', check: 'aggregate' })
  })
})
