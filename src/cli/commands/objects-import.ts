/** `oneround objects import`: takes what another member's `objects export` wrote, and does what follows from it. */
import { importObjects } from '../../node/index.ts'
import { defineCommand } from '../command.ts'
import { EXIT_STATUS } from '../exit-status.ts'
import { jsonOf } from '../output.ts'
import { carryOptionsOf, objectsOptions } from './objects-options.ts'

export const objectsImportCommand = defineCommand({
  name: 'objects import',
  description:
    'Takes the signed objects and updates of a file that another member exported, with the checks that they meet over the\n' +
    'network, then does what has become due: seal, receipt, vote, aggregate, certificate. Export afterwards, so that the\n' +
    'others hear of it. Doing it twice does no harm. The node must not be running; start it again afterwards if it has a\n' +
    'network. Exits with 1 when bytes in the file are not what their members signed or committed to.',
  arguments: [{ name: 'file', help: 'what `oneround objects export` wrote' }],
  options: objectsOptions,
  examples: ['oneround objects import from-site-a.oneround --node site-c'],
  run: async ({ args: [file = ''], options }, { log }) => {
    const imported = await importObjects(carryOptionsOf(file, options), log)
    const { from, objects, damaged, phase, outcome } = imported
    const { taken, known, ignored, refused } = objects
    const isRight = damaged === 0 && refused === 0
    const lines = [
      `From ${from}: ${taken} new objects, ${known} known, ${ignored} not needed. Phase here: ${phase}.`,
      ...(refused > 0 ? [`${refused} objects are not what any correct member sends: refused.`] : []),
      ...(damaged > 0 ? [`${damaged} updates have other bytes than their members committed to.`] : []),
      ...(outcome?.kind === 'certified' ? [`Aggregate ${outcome.aggregate}`] : []),
      ...(outcome?.kind === 'undecided' ? [`Undecided. Missing: ${outcome.missing.join(', ')}.`] : []),
    ]
    return {
      document: {
        schema: 'oneround/objects-import@1',
        file,
        from,
        objects: jsonOf(objects),
        damaged,
        phase,
        outcome: jsonOf(outcome),
      },
      text: lines.join('\n'),
      exitStatus: isRight ? EXIT_STATUS.ok : EXIT_STATUS.failed,
    }
  },
})
