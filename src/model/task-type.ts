/**
 * PEFT's `task_type` of an exported adapter: which class of PEFT's loads it. In: the base's folder, where it is at hand,
 * and the names of what the adapter holds whole. Out: the task's name, or null, with which PEFT loads a plain `PeftModel`.
 * A classifier's task makes PEFT look for a head in the adapter, so it is written only where the head is in there.
 * Source: PEFT 0.21 `TaskType`, and the class names of `transformers` in `architectures` of config.json.
 */
import { join } from 'node:path'
import * as v from 'valibot'
import { hasFile, readText } from '../files/index.ts'

const CONFIG_SIZE_BYTES_MAX = 1 << 20
const configSchema = v.looseObject({ architectures: v.pipe(v.array(v.string()), v.minLength(1)) })

/** Modules that PEFT takes for a classifier's head: `modules_to_save` of `PeftModelForSequenceClassification`. */
const HEAD = /(?:^|\.)(?:classifier|score)(?:\.|$)/

/** Models of images and text are called so too, and are none. */
const SEQUENCE_TO_SEQUENCE = /^(?:M?T5|UMT5|LongT5|M?Bart|Pegasus)ForConditionalGeneration$/

/** Where nothing is known of the base, it is taken for a language model, unless a classifier's head was trained. */
const CAUSAL_LM = 'CAUSAL_LM'

/** @param baseFolder — null, or no folder (a hub's name), where the base is not at hand @param whole — parameters' names */
export async function taskTypeOf(
  baseFolder: string | null,
  whole: readonly string[],
): Promise<string | null> {
  const hasHead = whole.some((name) => HEAD.test(name))
  const [architecture] = await architecturesOf(baseFolder)
  if (architecture === undefined) return hasHead ? null : CAUSAL_LM
  if (/(?:ForCausalLM|LMHeadModel)$/.test(architecture)) return CAUSAL_LM
  if (SEQUENCE_TO_SEQUENCE.test(architecture)) return 'SEQ_2_SEQ_LM'
  if (!hasHead) return null
  if (architecture.endsWith('ForSequenceClassification')) return 'SEQ_CLS'
  return architecture.endsWith('ForTokenClassification') ? 'TOKEN_CLS' : null
}

async function architecturesOf(folder: string | null): Promise<readonly string[]> {
  const path = folder === null ? null : join(folder, 'config.json')
  if (path === null || !(await hasFile(path))) return []
  const config = v.safeParse(configSchema, parsed(await readText(path, CONFIG_SIZE_BYTES_MAX)))
  return config.success ? config.output.architectures : []
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A config that is no JSON says nothing of the task; whoever needs the model itself refuses the folder by name.
    return null
  }
}
