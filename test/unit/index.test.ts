// Protects: the library's names, and that checking a certificate needs nothing that a browser lacks.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import * as library from '../../src/index.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** Every file that `entry` loads, and every package and built-in. */
function closureOf(entry: string): {
  readonly files: readonly string[]
  readonly outside: ReadonlySet<string>
} {
  const files: string[] = [entry]
  const outside = new Set<string>()
  for (const file of files) {
    const found = readFileSync(file, 'utf8').matchAll(
      /^(?:import|export) (?!type )[^'"]*?from '([^']+)'|^import '([^']+)'/gm,
    )
    for (const [, from, bare] of found) {
      const target = from ?? bare ?? ''
      const path = join(dirname(file), target)
      if (!target.startsWith('.')) outside.add(target)
      else if (!files.includes(path)) files.push(path)
    }
  }
  return { files, outside }
}

describe('oneround', () => {
  it('has the names that its users import', () => {
    for (const name of [
      'openNode',
      'merge',
      'verify',
      'train',
      'evaluate',
      'exportRound',
      'buildCharter',
      'createNodeFolder',
    ]) {
      expect(library, name).toHaveProperty(name)
    }
  })

  it('is loaded from where package.json says', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      exports: Record<string, { default: string } | string>
    }
    for (const [name, target] of Object.entries(exports)) {
      if (typeof target === 'string') continue
      const source = target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts')
      expect(existsSync(join(root, source)), `${name}: ${source}`).toBe(true)
    }
  })
})

describe('oneround/verify', () => {
  it('imports no built-in of Node, no file access, no native addon', () => {
    const { files, outside } = closureOf(join(root, 'src/export/verify.ts'))
    expect(files.length).toBeGreaterThan(20)
    expect([...outside].filter((name) => name.startsWith('node:'))).toEqual([])
    expect(files.filter((file) => /src\/(files|exchange|node|model|train|aggregate)\//.test(file))).toEqual(
      [],
    )
    const allowed = /^(@ipld\/dag-cbor|@noble\/hashes\/|tweetnacl$|uint8arrays\/|valibot$)/
    expect([...outside].filter((name) => !allowed.test(name))).toEqual([])
  })
})
