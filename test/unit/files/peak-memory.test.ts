// Protects: the peak of memory is this program's own, whoever started it.
import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { siblingEntry } from '../../../src/core/entry.ts'

const FILE = siblingEntry(import.meta.url, '../../../src/files/peak-memory').href
const MIB = 1 << 20

/** What a program says of its peak after it has touched `mib` MiB, started by this process. */
function peakMibAfter(mib: number): number {
  const program = `
    import { peakMemoryBytes } from ${JSON.stringify(FILE)}
    const touched = Buffer.alloc(${mib * MIB}, 1)
    console.log((await peakMemoryBytes()) + 0 * touched.length)`
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '-e', program]
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toBe('')
  return Number(stdout) / MIB
}

it.runIf(process.platform === 'linux')('counts what a program touched, and nothing of who started it', () => {
  // This process becomes larger than any that it starts here.
  const own = Buffer.alloc(400 * MIB, 1)
  const [small, large] = [peakMibAfter(0), peakMibAfter(200)]
  expect(own.length).toBe(400 * MIB)
  expect(small).toBeGreaterThan(20)
  expect(small).toBeLessThan(300)
  expect(large - small).toBeGreaterThan(150)
  expect(large - small).toBeLessThan(260)
})
