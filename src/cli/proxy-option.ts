/** `--proxy`, as the commands that dial take it. */
import { parseProxy, type Proxy, PROXY_EXPECTED } from '../node/index.ts'
import { type Option, text, usageError } from './command.ts'

export const PROXY_OPTION: Option<string | undefined> = text(
  '--proxy <url>',
  'dial the others by way of socks5://host:port or http://host:port, in place of what node.json says',
)

/** @throws a usage error for what is no proxy's URL */
export function proxyOf(url: string | undefined): Proxy | undefined {
  const proxy = url === undefined ? undefined : parseProxy(url)
  if (proxy === null) throw usageError(`--proxy: ${PROXY_EXPECTED}`)
  return proxy
}
