/**
 * What a site that lies publishes instead of what it trained: it knows everything, its own adapter and those of all
 * honest sites (src/attack/poison.ts). Only the starter does this; a node publishes whatever adapter it is given.
 */
import { join } from 'node:path'
import { poison, type Poison } from '../attack/poison.ts'
import { readAdapter, writeAdapter } from '../model/peft.ts'

/** @param honest — PEFT folders of the honest sites @returns the folder of the poisoned adapter */
export async function writePoisoned(
  kind: Poison,
  own: string,
  honest: readonly string[],
  into: string,
): Promise<string> {
  const folder = join(into, 'published')
  const adapters = await Promise.all(honest.map(readAdapter))
  const { modules } = await readAdapter(own)
  await writeAdapter(
    folder,
    poison(kind, { own: modules, honest: adapters.map((adapter) => adapter.modules) }),
  )
  return folder
}
