/**
 * What a person sees while a consortium runs: a bar for each training on a terminal, a line now and then elsewhere; then
 * the round as the sites tell it, a line an event.
 */
import { createRequire } from 'node:module'
import type CliProgress from 'cli-progress'
import type { MultiBar, SingleBar } from 'cli-progress'
import type { Progress } from '../core/ports.ts'
import { describeEvent } from '../node/describe-event.ts'
import type { TimedNodeEvent } from '../node/events.ts'

export interface ScreenStream {
  readonly isTTY?: boolean
  readonly write: (text: string) => unknown
}

export interface Screen {
  readonly step: (text: string) => void
  readonly training: (name: string, progress: Progress) => void
  readonly event: (site: string, event: TimedNodeEvent) => void
  readonly stop: () => void
}

export interface ScreenOptions {
  /** Where bars go: stderr. */
  readonly bars: ScreenStream
  readonly say: (line: string) => void
  /** Events as JSON, one a line, in place of words. */
  readonly isJson: boolean
}

/** Without a terminal: a line for each training at every tenth of it. */
const LINE_STEPS = 10
const NAME_WIDTH = 8

export function createScreen({ bars, say, isJson }: ScreenOptions): Screen {
  const lastTenth = new Map<string, number>()
  const line = (name: string, { done, total, unit, note }: Progress): void => {
    const tenth = Math.floor((LINE_STEPS * done) / Math.max(1, total))
    if (lastTenth.get(name) === tenth) return
    lastTenth.set(name, tenth)
    say(
      isJson
        ? JSON.stringify({ type: 'training', site: name, done, total, unit, note: note ?? null })
        : `${name}  trains: ${unit} ${done} of ${total}${note === undefined ? '' : `, ${note}`}`,
    )
  }
  const board = bars.isTTY === true && !isJson ? createBoard(bars) : null
  return {
    step: (text) => {
      board?.clear()
      say(isJson ? JSON.stringify({ type: 'step', text }) : `\n${text}`)
    },
    training: (name, progress) => (board === null ? line(name, progress) : board.update(name, progress)),
    event: (site, event) => {
      if (isJson) return say(JSON.stringify({ site, ...event }))
      const text = describeEvent(event)
      if (text !== null) say(`${site.padEnd(NAME_WIDTH)}  ${text}`)
    },
    stop: () => board?.clear(),
  }
}

interface Board {
  readonly update: (name: string, progress: Progress) => void
  /** Ends the bars; the next update begins new ones. */
  readonly clear: () => void
}

function createBoard(stream: ScreenStream): Board {
  const bars = new Map<string, SingleBar>()
  let multi: MultiBar | null = null
  const open = (): MultiBar => {
    const progress = createRequire(import.meta.url)('cli-progress') as typeof CliProgress
    return new progress.MultiBar(
      {
        format: '{name} {bar} {value}/{total} {unit} {note}',
        hideCursor: true,
        clearOnComplete: false,
        stream: stream as NodeJS.WriteStream,
      },
      progress.Presets.shades_classic,
    )
  }
  return {
    update: (name, { done, total, unit, note }) => {
      multi ??= open()
      const payload = { name: name.padEnd(NAME_WIDTH), unit, note: note ?? '' }
      const bar = bars.get(name) ?? multi.create(total, done, payload)
      bars.set(name, bar)
      bar.setTotal(total)
      bar.update(done, payload)
    },
    clear: () => {
      multi?.stop()
      multi = null
      bars.clear()
    },
  }
}
