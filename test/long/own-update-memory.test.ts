// Protects: the memory that a node needs for its own update does not grow with the update, in whatever precision the adapter is.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { entryArgs, siblingEntry } from '../../src/core/entry.ts'

const root = mkdtempSync(join(tmpdir(), 'oneround-memory-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const PROGRAM = siblingEntry(import.meta.url, '../support/own-update-process')
const RANK = 64

/** Peak and size, in MB, of making the update of an adapter of one module [width, width]. */
function measure(dtype: 'F32' | 'F16', width: number) {
  const adapter = join(root, `${dtype}-${width}`)
  mkdirSync(adapter)
  const bytes = RANK * width * (dtype === 'F32' ? 4 : 2)
  const header = Buffer.from(
    JSON.stringify({
      'base_model.model.layers.0.q_proj.lora_A.weight': {
        dtype,
        shape: [RANK, width],
        data_offsets: [0, bytes],
      },
      'base_model.model.layers.0.q_proj.lora_B.weight': {
        dtype,
        shape: [width, RANK],
        data_offsets: [bytes, 2 * bytes],
      },
    }),
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  // Every value is 0x3c00 and 0x3c003c00: 1 as F16, 0.0078 as F32.
  const values = Buffer.alloc(2 * bytes, Buffer.from([0x00, 0x3c]))
  writeFileSync(join(adapter, 'adapter_model.safetensors'), Buffer.concat([length, header, values]))
  const config = { peft_type: 'LORA', r: RANK, lora_alpha: 2 * RANK, target_modules: ['q_proj'] }
  writeFileSync(join(adapter, 'adapter_config.json'), JSON.stringify(config))
  const store = join(root, `${dtype}-${width}-store`)
  const words = [...entryArgs(PROGRAM), adapter, store, String(width), String(RANK)]
  const { stdout, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  expect(stderr).toBe('')
  const { sizeBytes, peakMemoryBytes } = JSON.parse(stdout) as Record<'sizeBytes' | 'peakMemoryBytes', number>
  return { sizeMb: sizeBytes / 1e6, peakMb: peakMemoryBytes / 1e6 }
}

it.each(['F32', 'F16'] as const)(
  'of one tensor of 128 MB as of one of 1 MB: %s',
  { timeout: 300_000 },
  (dtype) => {
    const [small, large] = [measure(dtype, 2_000), measure(dtype, 500_000)]
    expect(small.sizeMb).toBeLessThan(2)
    expect(large.sizeMb).toBeGreaterThan(250)
    // Whole, the larger factor alone would take 128 MB more.
    expect(large.peakMb - small.peakMb).toBeLessThan(60)
  },
)
