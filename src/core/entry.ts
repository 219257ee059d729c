/**
 * How to start one of our own entry points as a process: compiled JavaScript as it is, TypeScript sources (a checkout's
 * tests and scripts) through tsx. The caller names the entry by the URL that `import.meta.url` resolves, with the
 * extension that its own file has.
 *
 * `ONEROUND_COMPILED=1` runs what `npm test` has just compiled instead of the sources of src/: the same program, started
 * four times as fast, and the one that is shipped.
 */

/** Arguments for `spawn(process.execPath, […])` that run `entry`. @param entry — file URL ending in `.ts` or `.js` */
export function entryArgs(entry: URL): readonly string[] {
  const path = decodeURIComponent(entry.pathname)
  if (!path.endsWith('.ts')) return [path]
  const source = path.lastIndexOf('/src/')
  if (process.env['ONEROUND_COMPILED'] === '1' && source >= 0) {
    return [`${path.slice(0, source)}/dist/${path.slice(source + '/src/'.length, -'.ts'.length)}.js`]
  }
  return ['--import', import.meta.resolve('tsx'), path]
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
