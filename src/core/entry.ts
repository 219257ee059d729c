/**
 * How to start one of our own entry points as a process: from compiled JavaScript as it is, from TypeScript sources (a
 * checkout's tests and scripts) through tsx. The caller names the entry by the URL that `import.meta.url` resolves, with
 * the extension that its own file has.
 */

/** Arguments for `spawn(process.execPath, […])` that run `entry`. @param entry — file URL ending in `.ts` or `.js` */
export function entryArgs(entry: URL): readonly string[] {
  const path = decodeURIComponent(entry.pathname)
  return path.endsWith('.ts') ? ['--import', import.meta.resolve('tsx'), path] : [path]
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
