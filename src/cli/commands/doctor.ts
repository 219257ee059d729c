/** `oneround doctor`: what this machine can train on, and what is missing for the rest. */
import { examine, type Findings } from '../../train/index.ts'
import { defineCommand } from '../command.ts'
import { EXIT_STATUS } from '../exit-status.ts'
import { jsonOf } from '../output.ts'

export const doctorCommand = defineCommand({
  name: 'doctor',
  description:
    'Tries every device that training can run on, each in a process of its own, and names what is missing: a library, a\n' +
    'driver, and the command that installs it. Also Node, processors, memory, and the disk of this folder. Changes nothing.',
  options: {},
  examples: ['oneround doctor'],
  run: async () => {
    const findings = await examine(process.cwd())
    return {
      document: jsonOf(findings),
      text: describe(findings),
      exitStatus: EXIT_STATUS[findings.node.isSupported ? 'ok' : 'environment'],
    }
  },
})

const gigabytes = (mb: number): string => `${(mb / 1000).toFixed(1)} GB`

function describe({ node, platform, processors, memoryMb, diskMb, devices }: Findings): string {
  const old = node.isSupported ? '' : ': too old, 20.19 or newer is needed'
  const lines = devices.flatMap(({ device, isAvailable, reason, missing, remedy }) => {
    if (isAvailable) return [`${device}: available`]
    const files = missing.length === 0 ? [] : [`  missing: ${missing.join(', ')}`]
    return [`${device}: ${reason ?? ''}`, ...files, ...(remedy === null ? [] : [`  ${remedy}`])]
  })
  return [
    `Node ${node.version}${old} on ${platform}, ${processors} processors`,
    `${gigabytes(memoryMb)} of memory available, ${gigabytes(diskMb)} free on this disk`,
    ...lines,
  ].join('\n')
}
