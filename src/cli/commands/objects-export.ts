/** `oneround objects export`: everything a node holds of a round as one file, to be carried to members without a network. */
import { exportObjects } from '../../node/index.ts'
import { defineCommand, flag, text } from '../command.ts'
import { jsonOf } from '../output.ts'
import { carryOptionsOf, objectsOptions } from './objects-options.ts'

export const objectsExportCommand = defineCommand({
  name: 'objects export',
  description:
    'Writes the round’s signed objects, and the updates that may be read by now, into one file for a member that no\n' +
    'network reaches. The other one takes it with `oneround objects import`. Nothing in the file is secret from members;\n' +
    'an update is in it only when a quorum has sealed it, as over the network. The node must not be running.',
  arguments: [{ name: 'file', help: 'the file to write' }],
  options: {
    ...objectsOptions,
    to: text('--to <member>', 'whom it is for: updates that it says to hold are left out'),
    withoutUpdates: flag('--without-updates', 'signed objects only: small enough for mail'),
  },
  examples: ['oneround objects export to-site-c.oneround --node site-a --to site-c'],
  run: async ({ args: [file = ''], options }, { log }) => {
    const exported = await exportObjects(
      {
        ...carryOptionsOf(file, options),
        ...(options.to === undefined ? {} : { to: options.to }),
        isWithoutUpdates: options.withoutUpdates,
      },
      log,
    )
    const { objects, updates, phase } = exported
    return {
      document: { schema: 'oneround/objects-export@1', file, ...jsonObject(exported) },
      text: `Wrote ${file}: ${objects} objects, updates of ${updates.join(', ') || 'nobody'}. Phase here: ${phase}.`,
    }
  },
})

const jsonObject = (exported: Awaited<ReturnType<typeof exportObjects>>) => ({
  objects: exported.objects,
  updates: jsonOf(exported.updates),
  phase: exported.phase,
})
