/** Entry point of the process that holds the model: prompts in, text out (worker-client.ts). */
import '../compat.ts'
import { assert } from '../core/errors.ts'
import { describeForParent } from '../train/worker-host.ts'
import { openGenerator, type Generator } from './generator.ts'
import type { Reply, Request } from './protocol.ts'

/** Requests that were asked to stop. */
const stopped = new Set<number>()
let generator: Generator | null = null
/** Requests run one after the other. */
let queue: Promise<void> = Promise.resolve()

function say(reply: Reply): void {
  // A parent that is gone ends this process by `disconnect`.
  process.send?.(reply, undefined, undefined, () => undefined)
}

async function serve(request: Exclude<Request, { type: 'stop' }>): Promise<void> {
  if (request.type === 'open') {
    generator = await openGenerator(request.options)
    say({ type: 'opened', about: generator.about })
    return
  }
  assert(generator !== null, 'a model is opened before it is asked')
  const { id, prompts, options } = request
  const startedAt = performance.now()
  const answers = await generator.answer(prompts, options, {
    onText: (row, text) => say({ type: 'text', id, row, text }),
    isCancelled: () => stopped.has(id),
    breathe,
  })
  say({ type: 'answers', id, answers, seconds: (performance.now() - startedAt) / 1000 })
  stopped.delete(id)
}

/** A run holds the event loop: between two of them, messages such as `stop` come in. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

process.once('disconnect', () => process.exit(0))
// An interrupt of the terminal reaches all its processes: the parent decides what it means.
process.on('SIGINT', () => undefined)
process.on('message', (message) => {
  const request = message as Request
  if (request.type === 'stop') {
    stopped.add(request.id)
    return
  }
  const id = request.type === 'open' ? null : request.id
  queue = queue
    .then(() => serve(request))
    .catch((error: unknown) => say({ type: 'error', id, error: describeForParent(error) }))
})
