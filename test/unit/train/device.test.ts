// Protects: what is said to have run on a device did: records come from the profile, arithmetic that fell back is an error.
import { describe, expect, test } from 'vitest'
import type { NodeRun } from '../../../src/model/session-profile.ts'
import { chooseDevice, describeDevice, recordDevice } from '../../../src/train/device.ts'

const ran = (op: string, where: 'Cpu' | 'WebGpu', isFloatWork: boolean): NodeRun => ({
  name: `/layer/${op}`,
  op,
  provider: where === 'Cpu' ? 'CPUExecutionProvider' : 'WebGpuExecutionProvider',
  isFloatWork,
})
const SHAPES = [ran('MatMul', 'WebGpu', true), ran('Shape', 'Cpu', false), ran('Gather', 'Cpu', false)]

describe('a device that was named', () => {
  test('may leave shapes and indices to the processor, which are listed', () => {
    const record = recordDevice('webgpu', 'webgpu', SHAPES, false)
    expect(record).toEqual({
      asked: 'webgpu',
      device: 'webgpu',
      providers: { WebGpuExecutionProvider: 1, CPUExecutionProvider: 2 },
      cpuNodes: { Shape: 1, Gather: 1 },
      fallbacks: {},
    })
    expect(describeDevice(record)).toBe('Ran on webgpu: 1 nodes on WebGpu, 2 nodes on CPU.')
  })

  test('whose arithmetic fell back is an error with the nodes’ names, unless that is allowed', () => {
    const runs = [...SHAPES, ran('LogSoftmax', 'Cpu', true)]
    expect(() => recordDevice('webgpu', 'webgpu', runs, false)).toThrow(
      expect.objectContaining({
        code: 'DEVICE_FALLBACK',
        message: expect.stringContaining('LogSoftmax /layer/LogSoftmax'),
        hint: expect.stringContaining('--allow-fallback'),
      }),
    )
    expect(recordDevice('webgpu', 'webgpu', runs, true).fallbacks).toEqual({ LogSoftmax: 1 })
  })

  test('on which nothing ran at all is an error, even if nothing but shapes ran', () => {
    const runs = SHAPES.slice(1)
    expect(() => recordDevice('webgpu', 'webgpu', runs, false)).toThrow(/2 nodes/)
  })

  test('the processor cannot fall back', () => {
    const record = recordDevice('cpu', 'cpu', [ran('MatMul', 'Cpu', true)], false)
    expect(record).toMatchObject({ cpuNodes: {}, fallbacks: {} })
  })
})

describe('auto', () => {
  test('takes the best that is there', async () => {
    expect(await chooseDevice('auto', async (device) => device !== 'cuda' && device !== 'dml')).toBe('webgpu')
    expect(await chooseDevice('auto', async () => true)).toBe('cuda')
  })

  test('takes the processor where nothing else is, and says so', async () => {
    expect(await chooseDevice('auto', async () => false)).toBe('cpu')
    const record = recordDevice('auto', 'cpu', [ran('MatMul', 'Cpu', true)], false)
    expect(describeDevice(record)).toContain('No other device is available.')
  })

  test('is never an error for what fell back, but names it', () => {
    const record = recordDevice('auto', 'webgpu', [...SHAPES, ran('Softmax', 'Cpu', true)], false)
    expect(describeDevice(record)).toContain('Computed on the processor instead: 1 Softmax.')
  })
})
