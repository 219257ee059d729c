/** The log of a command: JSON lines on stderr through pino, written at once so that a crash loses none. */
import { createRequire } from 'node:module'
import type * as Pino from 'pino'
import type { Log } from '../core/ports.ts'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

const STDERR = 2

export function createLog(level: LogLevel): Log {
  if (level === 'silent') return createSilentLog()
  const require = createRequire(import.meta.url)
  // Loaded on the first line: most commands log nothing.
  let logger: Pino.Logger | undefined
  const write =
    (at: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      if (LOG_LEVELS.indexOf(at) < LOG_LEVELS.indexOf(level)) return
      const pino = require('pino') as typeof Pino
      logger ??= pino.pino(
        { level, base: { pid: process.pid } },
        pino.destination({ dest: STDERR, sync: true }),
      )
      logger[at](fields, message)
    }
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') }
}

export function createSilentLog(): Log {
  const nothing = (): void => undefined
  return { debug: nothing, info: nothing, warn: nothing, error: nothing }
}
