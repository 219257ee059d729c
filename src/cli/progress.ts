/** Progress of long work on stderr: a bar where a person watches, a line every few seconds in a log. */
import { createRequire } from 'node:module'
import type * as CliProgress from 'cli-progress'
import type { OnProgress, Progress } from '../core/ports.ts'
import type { Stream } from './output.ts'

export interface ProgressLine {
  readonly update: OnProgress
  /** Ends the line. Harmless twice. */
  readonly stop: () => void
}

/** A log of a night's run stays readable at this pace. */
const LINE_INTERVAL_MS = 5_000

export function createProgress(title: string, stderr: Stream, isQuiet: boolean): ProgressLine {
  if (isQuiet) return { update: () => undefined, stop: () => undefined }
  return stderr.isTTY === true ? createBar(title, stderr) : createLines(title, stderr)
}

function createLines(title: string, stderr: Stream): ProgressLine {
  let lastMs = Number.NEGATIVE_INFINITY
  return {
    update: (progress) => {
      const nowMs = Date.now()
      if (nowMs - lastMs < LINE_INTERVAL_MS && progress.done < progress.total) return
      lastMs = nowMs
      stderr.write(`${title}: ${describeProgress(progress)}\n`)
    },
    stop: () => undefined,
  }
}

function createBar(title: string, stderr: Stream): ProgressLine {
  let bar: CliProgress.Bar | null = null
  const start = (progress: Progress): CliProgress.Bar => {
    // Loaded when the first bar is drawn: most commands draw none. CommonJS, hence the synchronous door.
    const { SingleBar, Presets } = createRequire(import.meta.url)('cli-progress') as typeof CliProgress
    const created = new SingleBar(
      {
        format: `${title} {bar} {value}/{total} {unit} {note}`,
        hideCursor: true,
        stream: stderr as NodeJS.WriteStream,
      },
      Presets.shades_classic,
    )
    created.start(progress.total, progress.done, { unit: '', note: '' })
    return created
  }
  return {
    update: (progress) => {
      bar ??= start(progress)
      bar.setTotal(progress.total)
      bar.update(progress.done, { unit: progress.unit, note: progress.note ?? '' })
    },
    stop: () => bar?.stop(),
  }
}

export function describeProgress({ unit, done, total, note }: Progress): string {
  return `${done}/${total} ${unit}${note === undefined ? '' : `, ${note}`}`
}
