// Protects: a node whose journal was restored from an older copy hears from the others what its key has said since, and says nothing else in that round.
import { copyFileSync, rmSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { type RunningCommand, startCommand } from '../../src/demo/process.ts'
import { journalPath } from '../../src/node/round-folder.ts'
import { makeConsortium } from '../support/consortium.ts'

const running: RunningCommand[] = []
const folders: string[] = []
afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL')
  await Promise.all(running.splice(0).map(({ ended }) => ended))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

type Event = Readonly<Record<string, unknown>>

test('a node restored from before its header', { timeout: 240_000 }, async () => {
  const consortium = await makeConsortium({ n: 4 })
  folders.push(consortium.root)
  const run = (name: string) => {
    const events: Event[] = []
    const waiting = new Set<() => void>()
    const args = ['run', consortium.folderOf(name), '--adapter', consortium.adapterOf(name)]
    const command = startCommand(args, (line) => {
      if (!line.startsWith('{"')) return
      events.push(JSON.parse(line) as Event)
      for (const wake of waiting) wake()
    })
    running.push(command)
    const until = async (fits: (event: Event) => boolean): Promise<Event> => {
      for (;;) {
        const found = events.find(fits)
        if (found !== undefined) return found
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            waiting.delete(wake)
            resolve()
          }
          waiting.add(wake)
        })
      }
    }
    return { ...command, events, until }
  }
  const journal = journalPath(consortium.folderOf('site-d'))
  copyFileSync(journal, `${journal}.backup`)
  // One of the four is not there yet, so that the round waits.
  const [a, b, d] = [run('site-a'), run('site-b'), run('site-d')]
  const isHeaderOfD = (event: Event): boolean =>
    event['type'] === 'object' && event['object'] === 'header' && event['member'] === 'site-d'
  await Promise.all([a, b].map(({ until }) => until(isHeaderOfD)))
  d.child.kill('SIGKILL')
  await d.ended
  copyFileSync(`${journal}.backup`, journal)

  const restored = run('site-d')
  expect(await restored.until(({ type }) => type === 'alarm')).toMatchObject({
    code: 'OWN_KEY_ELSEWHERE',
    text: expect.stringContaining('this journal is an old copy'),
  })
  // The fourth comes, and the others seal: so would it, if it had not heard.
  const c = run('site-c')
  for (const member of ['site-a', 'site-b', 'site-c'])
    await restored.until(
      ({ type, object, member: of }) => type === 'object' && object === 'seal' && of === member,
    )
  expect(restored.events.filter(({ type }) => type === 'signed')).toEqual([])
  for (const { events } of [a, b, c, restored])
    expect(events.filter(({ type }) => type === 'evidence')).toEqual([])
})
