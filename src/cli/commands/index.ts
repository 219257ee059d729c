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
  objects: 'rounds by files, for members that no network reaches',
  model: 'what a model folder or ONNX file holds, and new heads',
}

export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'demo',
    summary: 'five real sites on this machine, one of which lies, from nothing to a certificate',
    load: async () => (await import('./demo.ts')).demoCommand,
  },
  {
    name: 'init',
    summary: 'make a node folder: key, options, journal',
    load: async () => (await import('./init.ts')).initCommand,
  },
  {
    name: 'charter new',
    summary: 'draw up the rules that all members share',
    load: async () => (await import('./charter-new.ts')).charterNewCommand,
  },
  {
    name: 'charter show',
    summary: 'print a charter in words, and who has signed it',
    load: async () => (await import('./charter-show.ts')).charterShowCommand,
  },
  {
    name: 'charter check',
    summary: 'what the figures of a charter mean, and whether it is in force',
    load: async () => (await import('./charter-check.ts')).charterCheckCommand,
  },
  {
    name: 'charter sign',
    summary: 'sign a charter, and join the signatures of others',
    load: async () => (await import('./charter-sign.ts')).charterSignCommand,
  },
  {
    name: 'charter succeed',
    summary: 'draw up the next charter: members join, leave, or get new keys',
    load: async () => (await import('./charter-succeed.ts')).charterSucceedCommand,
  },
  {
    name: 'charter approve',
    summary: 'decide on the next charter with the members of the one in force',
    load: async () => (await import('./charter-approve.ts')).charterApproveCommand,
  },
  {
    name: 'charter adopt',
    summary: 'take over a charter that was decided without this node',
    load: async () => (await import('./charter-adopt.ts')).charterAdoptCommand,
  },
  {
    name: 'model inspect',
    summary: 'list inputs, weights, adaptable modules and what stands in the way of training',
    load: async () => (await import('./model-inspect.ts')).modelInspectCommand,
  },
  {
    name: 'model add-head',
    summary: 'make a classifier of a pretrained encoder: a head drawn from a seed, the same at every site',
    load: async () => (await import('./model-add-head.ts')).modelAddHeadCommand,
  },
  {
    name: 'doctor',
    summary: 'what this machine can train on, and what is missing for the rest',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  {
    name: 'train',
    summary: 'fine-tune the base model on local data: a PEFT adapter',
    load: async () => (await import('./train.ts')).trainCommand,
  },
  {
    name: 'run',
    summary: 'take part in a round: publish, fetch, agree, aggregate, certify',
    load: async () => (await import('./run.ts')).runCommand,
  },
  {
    name: 'status',
    summary: 'what the round looks like from a node',
    load: async () => (await import('./status.ts')).statusCommand,
  },
  {
    name: 'objects export',
    summary: 'everything a node holds of a round as one file, to be carried',
    load: async () => (await import('./objects-export.ts')).objectsExportCommand,
  },
  {
    name: 'objects import',
    summary: 'take such a file, and do what follows from it',
    load: async () => (await import('./objects-import.ts')).objectsImportCommand,
  },
  {
    name: 'chat',
    summary: 'talk to a base model, with or without an adapter',
    load: async () => (await import('./chat.ts')).chatCommand,
  },
  {
    name: 'evaluate',
    summary: 'measure base and adapters on local data',
    load: async () => (await import('./evaluate.ts')).evaluateCommand,
  },
  {
    name: 'merge',
    summary: 'merge adapters of the same modules by any rule, offline',
    load: async () => (await import('./merge.ts')).mergeCommand,
  },
  {
    name: 'report',
    summary: 'what the rule did with each update of a round, and how much hangs on each',
    load: async () => (await import('./report.ts')).reportCommand,
  },
  {
    name: 'verify',
    summary: 'check a certificate offline; with the updates, compute the aggregate again',
    load: async () => (await import('./verify.ts')).verifyCommand,
  },
  {
    name: 'export',
    summary: 'write a round’s result as PEFT adapter, delta or merged model',
    load: async () => (await import('./export.ts')).exportCommand,
  },
]
