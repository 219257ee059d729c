/** What `objects export` and `objects import` share: which node, which round, and what to publish. */
import type { CarryOptions } from '../../node/index.ts'
import { count, flag, type OptionValues, required, text, usageError } from '../command.ts'

export const objectsOptions = {
  adapter: text(
    '--adapter <folder>',
    'PEFT folder to publish first; by default what node.json names, if any',
  ),
  pass: flag('--pass', 'take part without an update'),
  round: count('--round <number>', 'which of the charter’s rounds; by default the first that is not over', {
    min: 1,
  }),
  charter: text('--charter <file>', 'by default charter.json in the node folder'),
  node: required(text('--node <folder>', 'the node folder; no other process may run the node meanwhile')),
}

export function carryOptionsOf(file: string, given: OptionValues<typeof objectsOptions>): CarryOptions {
  if (given.pass && given.adapter !== undefined) throw usageError('--pass and --adapter exclude each other')
  const adapter = given.pass ? null : given.adapter
  return {
    file,
    folder: given.node,
    ...(given.charter === undefined ? {} : { charter: given.charter }),
    ...(given.round === undefined ? {} : { round: given.round }),
    ...(adapter === undefined ? {} : { adapter }),
  }
}
