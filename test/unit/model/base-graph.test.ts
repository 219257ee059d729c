// Protects: an exported graph is taken for the base that a charter names only where the file, what lies outside of it and its
// settings are the charter's; other graphs beside it do not matter.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { checkBaseModel, digestOnnxBase } from '../../../src/model/base-digest.ts'
import { openModel } from '../../../src/model/open-model.ts'
import { fixtureBytes } from '../../fixtures/reference.ts'

const folder = mkdtempSync(join(tmpdir(), 'oneround-base-graph-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('is compared file by file', async () => {
  const file = join(folder, 'model.onnx')
  writeFileSync(file, fixtureBytes('vit', 'script.onnx'))
  writeFileSync(join(folder, 'config.json'), '{}')
  writeFileSync(join(folder, 'other.onnx'), 'of somebody else')
  const expected = await digestOnnxBase(file, (await openModel(file)).model)
  expect(expected.map(({ name }) => name)).toEqual(['config.json', 'model.onnx'])
  await checkBaseModel(file, expected)
  const mismatch = { info: { code: 'BASE_MODEL_MISMATCH' } }
  await expect(checkBaseModel(join(folder, 'other.onnx'), expected)).rejects.toMatchObject(mismatch)
  writeFileSync(join(folder, 'config.json'), '{"changed": true}')
  await expect(checkBaseModel(file, expected)).rejects.toThrow(/config\.json: expected SHA-256/)
  rmSync(join(folder, 'config.json'))
  await expect(checkBaseModel(file, expected)).rejects.toThrow(/config\.json: .*found none/)
})
