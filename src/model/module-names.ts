/**
 * The module that a node came from, by the name PyTorch and PEFT give it: `model.layers.0.self_attn.q_proj`.
 *
 * - `torch.onnx.export(dynamo=True)` writes it into the node's metadata: `pkg.torch.onnx.name_scopes`, a Python list from
 *   the root to the module, then the operator's own name; beside it `class_hierarchy` with the classes.
 * - The TorchScript exporter, and our own builders, write it into the node's name:
 *   `/model/layers.0/self_attn/q_proj/MatMul`.
 *
 * Exports often go through a wrapper (`self.m = model`), whose attribute then stands before every name. It is taken off
 * when the root has one child only and that child is the model: its class is a library's while the root's is not, or
 * its name is one that wrappers use. Names of parameters or modules that are known to be right (an adapter's, a
 * checkpoint's) settle it.
 */
import type { GraphNode, OnnxModel } from './graph.ts'

const NAME_SCOPES = 'pkg.torch.onnx.name_scopes'
const CLASS_HIERARCHY = 'pkg.torch.onnx.class_hierarchy'
/** Packages whose models PEFT wraps as they are. */
const LIBRARY = /^(?:transformers|diffusers|peft|timm|sentence_transformers|torchvision)\./
const WRAPPER_NAME = /^(?:m|mod|module|net|wrapped|wrapper|inner|base|hf|_\w*)$/

export interface NamingOptions {
  /** Names known to be right: of modules, or of their parameters (`….weight`). */
  readonly knownNames?: Iterable<string>
}

/** A function from nodes to module names: '' is the root, null a node that came from no module. */
export function moduleNames(
  model: OnnxModel,
  options: NamingOptions = {},
): (node: GraphNode) => string | null {
  const { nodes } = model.graph
  const paths = new Map(nodes.map((node) => [node, modulePath(node)]))
  const found = [...paths.values()].filter((path) => path !== null)
  const depth = wrapperDepth(found, nodes, new Set(options.knownNames ?? []))
  return (node) => {
    const path = paths.has(node) ? paths.get(node) : modulePath(node)
    return path ? path.slice(depth).join('.') : null
  }
}

/** From the root to the module, without the root's empty name; null if the node does not tell. */
function modulePath(node: GraphNode): readonly string[] | null {
  const scopes = node.metadata.get(NAME_SCOPES)
  if (scopes !== undefined) {
    const names = parseList(scopes)
    // Nodes that belong to no module start with a marker instead of the root's empty name.
    if (names[0] !== '') return null
    return splitPath(names.at(-2) ?? '')
  }
  const parts = node.name.split('/')
  return parts[0] === '' && parts.length > 1 ? parts.slice(1, -1).flatMap(splitPath) : null
}

const splitPath = (path: string): readonly string[] => (path === '' ? [] : path.split('.'))

/** The strings of a Python list as `repr` writes it. */
function parseList(text: string): readonly string[] {
  const strings = text.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/g)
  return [...strings].map(([, single, double]) => single ?? double ?? '')
}

/** How many leading parts of every path belong to wrappers. */
function wrapperDepth(
  paths: readonly (readonly string[])[],
  nodes: readonly GraphNode[],
  known: ReadonlySet<string>,
): number {
  const limit = sharedDepth(paths)
  if (known.size > 0) {
    const hits = Array.from({ length: limit + 1 }, (_, depth) => countKnown(paths, depth, known))
    const best = hits.indexOf(Math.max(...hits))
    if ((hits[best] ?? 0) > 0) return best
  }
  const classes = nodes.map((node) => parseList(node.metadata.get(CLASS_HIERARCHY) ?? ''))
  const hierarchy = classes.reduce((longest, each) => (each.length > longest.length ? each : longest), [])
  for (let depth = 0; depth < limit; depth++) {
    const isLibraryRoot = LIBRARY.test(hierarchy[depth] ?? '')
    const isLibraryChild = LIBRARY.test(hierarchy[depth + 1] ?? '')
    const isWrapperName = WRAPPER_NAME.test(paths.find((path) => path.length > depth)?.[depth] ?? '')
    if (isLibraryRoot || !(isLibraryChild || isWrapperName)) return depth
  }
  return limit
}

/** How many leading parts all paths share, those of the wrappers' own nodes aside. */
function sharedDepth(paths: readonly (readonly string[])[]): number {
  for (let depth = 0; ; depth++) {
    const heads = new Set(paths.filter((path) => path.length > depth).map((path) => path[depth]))
    if (heads.size !== 1) return depth
  }
}

function countKnown(
  paths: readonly (readonly string[])[],
  depth: number,
  known: ReadonlySet<string>,
): number {
  const names = new Set(paths.map((path) => path.slice(depth).join('.')))
  return [...names].filter((name) => known.has(name) || known.has(`${name}.weight`)).length
}
