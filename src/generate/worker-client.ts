/**
 * Asking the process that holds the model. In: a base, prompts. Out: answers, their text as it comes. The process dies
 * with its parent; answers come one after the other; an answer that is stopped keeps what it has.
 */
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { entryArgs, siblingEntry } from '../core/entry.ts'
import { assert } from '../core/errors.ts'
import { makeTemporaryFolder, removeFolder } from '../files/index.ts'
import type { BlockSize } from '../model/quantise/index.ts'
import { reviveWorkerError, workerCancelled, workerLost } from '../train/worker-client.ts'
import type { Answer } from './generate.ts'
import type { GeneratorFacts, GeneratorOptions, Prompt } from './generator.ts'
import { checkGenerationOptions, type GenerationOptions } from './options.ts'
import type { Reply, Request } from './protocol.ts'

export interface AnswersInTime {
  readonly answers: readonly Answer[]
  /** Seconds between the question's arrival at the model and the end of the last answer. */
  readonly seconds: number
}

export interface Asking {
  /** Ends the answers where they are. */
  readonly signal?: AbortSignal | undefined
  readonly onText?: ((row: number, text: string) => void) | undefined
}

/** A model in a process of its own. */
export interface RemoteGenerator {
  readonly about: GeneratorFacts
  /** @throws GENERATION_OPTION_INVALID | CHAT_TEMPLATE_… | PROMPT_TOO_LONG | RUN_FAILED | WORKER_LOST */
  readonly answer: (
    prompts: readonly Prompt[],
    options?: GenerationOptions,
    asking?: Asking,
  ) => Promise<AnswersInTime>
  /** Ends the process. */
  readonly close: () => Promise<void>
}

interface Pending {
  readonly onText: ((row: number, text: string) => void) | undefined
  readonly resolve: (result: AnswersInTime) => void
  readonly reject: (error: Error) => void
}

/** As the recipe of training has it. */
const USUAL_BLOCK_SIZE: BlockSize = 32

export interface RemoteGeneratorOptions extends Omit<GeneratorOptions, 'quantised'> {
  /** Answers with the base in four bits; its weights lie in a temporary folder until the generator is closed. */
  readonly quantise?: { readonly kind: 'int4'; readonly blockSize?: BlockSize }
}

/**
 * @param signal — ends the process, whatever it is doing
 * @throws what base, adapter and session throw, MODEL_NOT_GENERATIVE | WORKER_LOST | CANCELLED
 */
export async function openRemoteGenerator(
  { quantise, ...options }: RemoteGeneratorOptions,
  signal?: AbortSignal,
): Promise<RemoteGenerator> {
  if (quantise === undefined) return connect(options, signal)
  const folder = await makeTemporaryFolder(join(tmpdir(), 'oneround-quantised-'))
  try {
    const quantisation = { blockSize: USUAL_BLOCK_SIZE, ...quantise }
    const remote = await connect({ ...options, quantised: { quantisation, folder, identity: '' } }, signal)
    return {
      ...remote,
      close: async () => {
        await remote.close()
        await removeFolder(folder)
      },
    }
  } catch (error) {
    await removeFolder(folder)
    throw error
  }
}

async function connect(options: GeneratorOptions, signal: AbortSignal | undefined): Promise<RemoteGenerator> {
  const entry = siblingEntry(import.meta.url, './worker')
  // Standard output belongs to the command's one document: a worker's goes to standard error.
  const child = spawn(process.execPath, [...entryArgs(entry)], {
    stdio: ['ignore', 2, 2, 'ipc'],
    serialization: 'advanced',
  })
  const kill = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', kill, { once: true })
  if (signal?.aborted === true) kill()
  const pending = new Map<number, Pending>()
  let count = 0
  // A worker that is gone already says so by its exit.
  const ask = (request: Request): void => void child.send(request, () => undefined)
  let lost: Error | null = null
  const gone = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const about = await new Promise<GeneratorFacts>((resolve, reject) => {
    const fail = (reason: string): void => {
      const error = signal?.aborted === true ? workerCancelled() : workerLost(entry, reason)
      lost ??= error
      reject(error)
      for (const each of pending.values()) each.reject(error)
      pending.clear()
    }
    child.on('error', (cause) => fail(cause.message))
    child.on('close', (status, end) => {
      fail(end === null ? `exit status ${status}` : `signal ${end}`)
    })
    child.on('message', (message) => {
      // Only our own entry point writes to this channel.
      const reply = message as Reply
      if (reply.type === 'opened') resolve(reply.about)
      else if (reply.type === 'error' && reply.id === null) reject(reviveWorkerError(reply.error))
      else settle(pending, reply)
    })
    ask({ type: 'open', options })
  }).catch((error: unknown) => {
    signal?.removeEventListener('abort', kill)
    kill()
    throw error
  })
  return {
    about,
    answer: async (prompts, given = {}, { signal: stopSignal, onText } = {}) => {
      const checked = checkGenerationOptions(given)
      if (lost !== null) throw lost
      const id = ++count
      const stop = (): void => ask({ type: 'stop', id })
      try {
        return await new Promise<AnswersInTime>((resolve, reject) => {
          pending.set(id, { onText, resolve, reject })
          ask({ type: 'answer', id, prompts, options: checked })
          stopSignal?.addEventListener('abort', stop, { once: true })
          if (stopSignal?.aborted === true) stop()
        })
      } finally {
        stopSignal?.removeEventListener('abort', stop)
      }
    },
    close: async () => {
      signal?.removeEventListener('abort', kill)
      kill()
      await gone
    },
  }
}

function settle(pending: Map<number, Pending>, reply: Exclude<Reply, { type: 'opened' }>): void {
  assert(reply.id !== null, 'what opening said was heard before')
  const waiting = pending.get(reply.id)
  if (waiting === undefined) return
  if (reply.type === 'text') {
    waiting.onText?.(reply.row, reply.text)
    return
  }
  pending.delete(reply.id)
  if (reply.type === 'answers') waiting.resolve({ answers: reply.answers, seconds: reply.seconds })
  else waiting.reject(reviveWorkerError(reply.error))
}
