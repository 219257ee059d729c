/** Processes that a cell started do not outlive it, however it is stopped: a run that is killed goes on later, with none left. */
import type { RunningCommand } from '../../src/demo/process.ts'

/** @param running — may still grow @returns what ends the watch, once they are over */
export function killAtExit(running: readonly RunningCommand[]): () => void {
  const kill = (): void => running.forEach(({ child }) => void child.kill('SIGKILL'))
  process.once('exit', kill)
  return () => void process.off('exit', kill)
}
