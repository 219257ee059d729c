// Protects: docs/PROTOCOL.md, the code that enforces it and the tests that show it name the same clauses.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const CLAUSE = /§(\d+\.\d+)/g

function textsUnder(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('clauses.test.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8'))
}
const namedIn = (texts: readonly string[]): ReadonlySet<string> =>
  new Set(texts.flatMap((text) => [...text.matchAll(CLAUSE)].map((match) => match[1] ?? '')))

const document = readFileSync(join(root, 'docs/PROTOCOL.md'), 'utf8')
const defined = [...document.matchAll(/^- \*\*§(\d+\.\d+)\*\*( \*\(stated)?/gm)].map((match) => ({
  id: match[1] ?? '',
  isStated: match[2] !== undefined,
}))
const known = new Set(defined.map(({ id }) => id))
/** Those of §1 are assumptions: nothing enforces them. */
const enforced = defined.map(({ id }) => id).filter((id) => !id.startsWith('1.'))
/** What the engine and the exchange enforce themselves, and not another room or the whole. */
const ofEngine = defined.filter(({ isStated }) => !isStated).map(({ id }) => id)
const inCode = namedIn(textsUnder('src'))
const inTests = namedIn(textsUnder('test'))
const inRooms = namedIn(['agree', 'exchange', 'update', 'files'].flatMap((room) => textsUnder(`src/${room}`)))

describe('clauses of the protocol', () => {
  it('are each defined once', () => {
    expect(defined.length).toBeGreaterThan(50)
    expect(known.size).toBe(defined.length)
  })
  it('are named by the code that enforces them', () => {
    expect(enforced.filter((id) => !inCode.has(id))).toEqual([])
  })
  it('are named by the engine and the exchange themselves, where no other room is said to enforce them', () => {
    expect(ofEngine.filter((id) => !inRooms.has(id))).toEqual([])
  })
  it('are named by a test', () => {
    expect(enforced.filter((id) => !inTests.has(id))).toEqual([])
  })
  it('exist when code, tests or the document itself name them', () => {
    const all = new Set([...inCode, ...inTests, ...namedIn(textsUnder('scripts')), ...namedIn([document])])
    expect([...all].filter((id) => !known.has(id))).toEqual([])
  })
})
