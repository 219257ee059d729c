/**
 * What lies beside a graph: its config and the like. Optimum and onnx-community put graphs into a folder of their own,
 * `onnx/`, and leave the other files in the folder above.
 * In: the folder of a graph. Out: JSON objects of its files; absent files are empty objects.
 */
import { dirname, join } from 'node:path'
import { hasFile, readText } from '../files/index.ts'
import { parseJsonObject } from './weights.ts'

export type JsonObject = Readonly<Record<string, unknown>>

const JSON_SIZE_BYTES_MAX = 64 << 20

/** Where a file is: with the graph, or in the folder above if only that has it. */
export async function homeOf(folder: string, file: string): Promise<string> {
  const above = dirname(folder)
  const isAbove = !(await hasFile(join(folder, file))) && (await hasFile(join(above, file)))
  return isAbove ? above : folder
}

/** A JSON object beside a graph, or an empty one. @throws MODEL_CONFIG_INVALID */
export async function readBeside(folder: string, file: string): Promise<JsonObject> {
  const path = join(await homeOf(folder, file), file)
  return (await hasFile(path)) ? parseJsonObject(await readText(path, JSON_SIZE_BYTES_MAX), path) : {}
}
