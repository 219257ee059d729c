// Protects `oneround doctor`: what it calls available is, what it does not it explains, and no probe ends the command.
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { DEVICES, whyUnavailable } from '../../../src/model/session.ts'
import { examine, isSupportedNode, remedyFor } from '../../../src/train/doctor.ts'

test('each device is found as this process finds it, with a reason and a remedy where it is not there', async () => {
  const { devices, diskMb, memoryMb, node, processors } = await examine(tmpdir())
  expect(devices.map(({ device }) => device)).toEqual([...DEVICES])
  for (const { device, isAvailable, reason, remedy } of devices) {
    expect(isAvailable, device).toBe((await whyUnavailable(device)) === null)
    expect(reason === null, device).toBe(isAvailable)
    expect(remedy === null, device).toBe(isAvailable)
  }
  expect(devices[0]).toMatchObject({ device: 'cpu', isAvailable: true })
  expect([diskMb > 0, memoryMb > 0, processors > 0, node.isSupported]).toEqual([true, true, true, true])
}, 60_000)

test.skipIf(process.platform !== 'linux' || process.arch !== 'x64')(
  'CUDA’s missing libraries have the very command that gets them',
  () => {
    const remedy = remedyFor('cuda', ['libonnxruntime_providers_cuda.so'])
    expect(remedy).toMatch(/node .+onnxruntime-node.script.install\.js --onnxruntime-node-install$/)
    expect(remedyFor('cuda', [])).toContain('driver')
  },
)

test('Node is old enough from 20.19 on', () => {
  expect(['18.20.0', '20.18.3', '20.19.0', '22.1.0', '24.0.0'].map(isSupportedNode)).toEqual([
    false,
    false,
    true,
    true,
    true,
  ])
})
