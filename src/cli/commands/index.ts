/**
 * The commands, in the order in which `oneround --help` lists them. One line each: its words, its summary, and how to
 * load it. Only the command that was asked for is loaded.
 */
import type { Command } from '../command.ts'

export interface CommandEntry {
  /** `merge`, or two words: `charter new`. */
  readonly name: string
  /** One line for the list. */
  readonly summary: string
  readonly load: () => Promise<Command>
}

/** What the first words of two-word commands are about. */
export const GROUPS: Readonly<Record<string, string>> = {
  charter: 'the rules that all members share and sign',
  model: 'what a model folder or ONNX file holds',
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'make a node folder: key, options, journal',
    load: async () => (await import('./init.ts')).initCommand,
  },
]
