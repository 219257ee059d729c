/**
 * How to start one of our own entry points as a process: compiled JavaScript as it is, TypeScript sources (a checkout's
 * tests and scripts) through tsx. The caller names the entry by the URL that `import.meta.url` resolves, with the
 * extension that its own file has.
 *
 * `ONEROUND_COMPILED=1` runs what `npm test` has just compiled instead of the sources of src/: the same program, started
 * four times as fast, and the one that is shipped.
 */
import { pathToFileURL } from 'node:url'

/** The compiled file that stands for a source while what is compiled is tested; null where the entry runs as it is. */
function compiledOf(path: string): string | null {
  const source = path.lastIndexOf('/src/')
  if (process.env['ONEROUND_COMPILED'] !== '1' || source < 0) return null
  return `${path.slice(0, source)}/dist/${path.slice(source + '/src/'.length, -'.ts'.length)}.js`
}

/** Arguments for `spawn(process.execPath, […])` that run `entry`. @param entry — file URL ending in `.ts` or `.js` */
export function entryArgs(entry: URL): readonly string[] {
  const path = decodeURIComponent(entry.pathname)
  if (!path.endsWith('.ts')) return [path]
  const compiled = compiledOf(path)
  return compiled === null ? ['--import', import.meta.resolve('tsx'), path] : [compiled]
}

/** What `new Worker(…)` takes to run `entry` in a thread, where `--import` does not reach. @param entry — as above */
export function threadEntry(entry: URL): URL {
  const path = decodeURIComponent(entry.pathname)
  if (!path.endsWith('.ts')) return entry
  const compiled = compiledOf(path)
  if (compiled !== null) return pathToFileURL(compiled)
  const [api, file] = [import.meta.resolve('tsx/esm/api'), entry.href].map((url) => JSON.stringify(url))
  const program = `import { register } from ${api}; register(); await import(${file})`
  return new URL(`data:text/javascript,${encodeURIComponent(program)}`)
}

/**
 * The URL of a sibling entry point.
 * @param importMetaUrl — the caller's `import.meta.url`
 * @param name — path relative to the caller without extension, such as './kernel-process'
 */
export function siblingEntry(importMetaUrl: string, name: string): URL {
  const extension = importMetaUrl.endsWith('.ts') ? '.ts' : '.js'
  return new URL(`${name}${extension}`, importMetaUrl)
}
