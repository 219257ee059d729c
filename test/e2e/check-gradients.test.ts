// Protects: the gradient check as a command: one JSON line, gradients as safetensors, exit status 1 where tensors do not match.
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { entryArgs } from '../../src/core/entry.ts'
import { locateTensors, readAllFloat32 } from '../../src/model/weights.ts'

const script = new URL('../../scripts/check-gradients.ts', import.meta.url)
const fixtures = fileURLToPath(new URL('../fixtures', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'oneround-gradients-'))
/** A Vulkan driver that computes on the CPU, where Debian's chromium package has put it. */
const SOFTWARE_VULKAN = '/usr/lib/chromium/vk_swiftshader_icd.json'

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

function check(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, maxBuffer: 1 << 24 }
    execFile(process.execPath, [...entryArgs(script), ...words], options, (error, stdout, stderr) => {
      const code = error?.code
      resolve({ status: error === null ? 0 : typeof code === 'number' ? code : -1, stdout, stderr })
    })
  })
}

/** A copy of a fixture whose reference tensors are renamed or changed. */
function spoiled(name: string, change: (header: string) => string): string {
  const copy = join(folder, name)
  cpSync(join(fixtures, 'llama'), copy, { recursive: true })
  const path = join(copy, 'reference.safetensors')
  const bytes = readFileSync(path)
  const length = Number(bytes.readBigUInt64LE(0))
  const header = change(bytes.subarray(8, 8 + length).toString('utf8'))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(header)))
  writeFileSync(path, Buffer.concat([size, Buffer.from(header), bytes.subarray(8 + length)]))
  return copy
}

describe('check-gradients', () => {
  it('prints one document on one line and writes gradients under the names of the reference', async () => {
    const out = join(folder, 'ours.safetensors')
    const llama = join(fixtures, 'llama')
    const { status, stdout } = await check([llama, '--graph', 'hf', '--json', '--out', out])
    expect(status).toBe(0)
    expect(stdout.trimEnd().split('\n')).toHaveLength(1)
    const report = JSON.parse(stdout) as Record<string, unknown>
    const keys = ['model', 'graph', 'device', 'loss', 'referenceLoss', 'tensors', 'worst', 'adamw']
    expect(Object.keys(report)).toEqual(keys)
    expect(report).toMatchObject({ model: 'llama', graph: 'hf', device: 'cpu', tensors: 28 })
    const reference = await locateTensors(join(llama, 'reference.safetensors'))
    const wanted = [...reference.values()].filter(({ name }) => name.startsWith('grad.'))
    const ours = await locateTensors(out)
    expect([...ours.keys()].sort()).toEqual(wanted.map(({ name }) => name).sort())
    for (const { name, shape } of wanted) expect(ours.get(name)?.shape, name).toEqual(shape)
    for (const [name, values] of await readAllFloat32(out)) {
      expect(values.some((x) => x !== 0) && values.every(Number.isFinite), name).toBe(true)
    }
  })

  it('ends with status 1 and names a tensor that the reference lacks', async () => {
    const name = 'grad.base_model.model.model.layers.1.mlp.up_proj.lora_B.weight'
    const copy = spoiled('renamed', (header) => header.replace(name, name.replace('up_proj', 'xx_proj')))
    const { status, stdout, stderr } = await check([copy, '--graph', 'hf', '--json'])
    expect(status).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('GRADIENTS_DIFFER')
    expect(stderr).toContain('layers.1.mlp.xx_proj')
    expect(stderr).toContain('layers.1.mlp.up_proj')
  })

  it('ends with status 1 for a folder that is not there', async () => {
    const { status, stderr } = await check([join(folder, 'nowhere'), '--graph', 'dynamo'])
    expect(status).toBe(1)
    expect(stderr).toContain('nowhere')
  })

  it.skipIf(!existsSync(SOFTWARE_VULKAN))(
    'agrees on WebGPU to 1e-3, computed by a software driver',
    async () => {
      const env = { VK_ICD_FILENAMES: SOFTWARE_VULKAN }
      const words = [join(fixtures, 'llama'), '--graph', 'hf', '--device', 'webgpu', '--json']
      const { status, stdout, stderr } = await check(words, env)
      expect(status, stderr).toBe(0)
      const { device, worst, adamw } = JSON.parse(stdout) as {
        device: string
        worst: { relative: number }
        adamw: { worst: number }
      }
      expect(device).toBe('webgpu')
      expect(worst.relative).toBeLessThanOrEqual(1e-3)
      expect(adamw.worst).toBeLessThanOrEqual(1e-5)
    },
    300_000,
  )
})
