// Protects: no bytes of a peer's, mutated from valid ones, make a decoder crash, take memory without bound or have two forms.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { utf8 } from '../../src/core/bytes.ts'
import { parseCharterFile } from '../../src/charter/index.ts'
import { formatCharterFile } from '../../src/charter/charter-file.ts'
import { fuzz, GROWTH_BYTES_MAX } from '../../scripts/fuzz/fuzz.ts'
import { fuzzTargets, type FuzzTarget } from '../../scripts/fuzz/targets.ts'
import { signedByAll } from '../support/certificate.ts'
import { testConsortium } from '../support/charter.ts'

const folder = mkdtempSync(join(tmpdir(), 'oneround-fuzz-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const broken = (run: FuzzTarget['run']): FuzzTarget => ({
  name: 'broken',
  examples: [utf8('a valid one')],
  run,
})

describe('the fuzzer', () => {
  it('finds nothing in the decoders of what peers send, and takes every valid example', async () => {
    const targets = await fuzzTargets(folder)
    const result = await fuzz(targets, 'short', (mutants) => mutants >= 2_000)
    expect(result.findings).toEqual([])
    // Each target has an answer for its own examples and another for what they were made into.
    expect(result.targets.filter(({ answers }) => answers < 2)).toEqual([])
  })

  it('is the same for the same seed', async () => {
    const targets = (await fuzzTargets(folder)).slice(0, 4)
    const [one, two, three] = [
      await fuzz(targets, 'a', (mutants) => mutants >= 200),
      await fuzz(targets, 'a', (mutants) => mutants >= 200),
      await fuzz(targets, 'b', (mutants) => mutants >= 200),
    ]
    expect(one).toEqual(two)
    expect(three).not.toEqual(one)
  })

  it('would find a decoder that crashes, and one that takes what it is promised', async () => {
    const crash = broken((bytes) => {
      if (bytes[0] !== 'a'.charCodeAt(0)) throw new TypeError('cannot read properties of undefined')
      return 'ok'
    })
    const kept: Uint8Array[] = []
    const bomb = broken((bytes) => {
      if (bytes.length < 9 && kept.length === 0) kept.push(new Uint8Array(GROWTH_BYTES_MAX + (1 << 20)))
      return 'ok'
    })
    for (const [target, what] of [
      [crash, 'TypeError'],
      [bomb, 'bytes of memory'],
    ] as const) {
      const { findings } = await fuzz([target], 'x', (mutants) => mutants >= 300)
      expect(findings.map((finding) => finding.what).join()).toContain(what)
    }
  })

  it('refuses a charter file with a name in another alphabet by its code (found by this fuzzer)', () => {
    const text = formatCharterFile(signedByAll(testConsortium(4))).replace(
      'layers.0.q_proj',
      'layers.0.é_proj',
    )
    expect(() => parseCharterFile(text, 'charter.json')).toThrowError(
      expect.objectContaining({ code: 'CHARTER_MALFORMED' }),
    )
  })
})
