/**
 * A router's port mappings, as UPnP has them: find the router, ask it for its public address, have it open and close a port.
 *
 * In: an answer to a search on the LAN. Out: a gateway that was asked and answered. Invariants: nobody but the machine that
 * answered is asked, on the LAN only, whatever its answer names; every answer is bounded in size and time; nothing it says is
 * taken for more than it is (who is reached there proves a key).
 * Source: UPnP Device Architecture 1.1, § 1.3 (search), § 2 (description), § 3 (control); WANIPConnection:1 and :2, § 2.4.
 */
import { createSocket } from 'node:dgram'
import { request } from 'node:http'
import { networkInterfaces } from 'node:os'
import { RoundError } from '../core/errors.ts'
import { publicTcpAddress } from './reach.ts'

/** Where routers listen for searches, and any other place for tests. */
export interface SearchAddress {
  readonly host: string
  readonly port: number
}
export const SSDP_GROUP: SearchAddress = { host: '239.255.255.250', port: 1900 }

/** Routers of the second version answer to the first as well. */
const DEVICE = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1'
const SERVICE = /urn:schemas-upnp-org:service:WAN(?:IP|PPP)Connection:[12]/
const SEARCH_COUNT = 3
const SEARCH_INTERVAL_MS = 1_000
const ANSWER_SIZE_BYTES_MAX = 256 << 10
const ANSWER_TIMEOUT_MS = 5_000
/** Addresses of this machine from which is searched. */
const INTERFACE_COUNT_MAX = 8

export interface RouterFault {
  readonly code: 'ROUTER_REFUSES'
  /** UPnP's number for it, where the router gave one. */
  readonly upnp: number | null
}

export interface PortMapping {
  readonly externalPort: number
  readonly internalPort: number
  /** 0: until it is closed. */
  readonly leaseSeconds: number
}

export interface Gateway {
  /** The address of this machine by which the router knows it. */
  readonly localAddress: string
  readonly externalAddress: (signal: AbortSignal) => Promise<string>
  /** @throws ROUTER_REFUSES */
  readonly open: (mapping: PortMapping, signal: AbortSignal) => Promise<void>
  readonly close: (externalPort: number, signal: AbortSignal) => Promise<void>
}

/** The first router on the LAN that answers; null when none does. */
export async function findGateway(search: SearchAddress, signal: AbortSignal): Promise<Gateway | null> {
  for (const location of await searchLan(search, signal)) {
    const gateway = await describeGateway(location, signal).catch(() => null)
    if (gateway !== null) return gateway
  }
  return null
}

/** Descriptions' addresses, each of the machine that answered. */
async function searchLan({ host, port }: SearchAddress, signal: AbortSignal): Promise<readonly URL[]> {
  const found = new Map<string, URL>()
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  const outside = own.filter(({ family, internal }) => family === 'IPv4' && !internal)
  const from = host.startsWith('127.') ? ['127.0.0.1'] : outside.map(({ address }) => address)
  const sockets = from.slice(0, INTERFACE_COUNT_MAX).map((address) => {
    const socket = createSocket('udp4')
    socket.on('message', (message, sender) => {
      const location = locationOf(message.toString('latin1'), sender.address)
      if (location !== null) found.set(location.href, location)
    })
    // No network there, or no permission: then no router is found from this address.
    socket.on('error', () => socket.close())
    socket.bind({ address, port: 0 })
    return socket
  })
  const text = `M-SEARCH * HTTP/1.1\r\nHOST: ${host}:${port}\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ${DEVICE}\r\n\r\n`
  try {
    for (let i = 0; i < SEARCH_COUNT && found.size === 0 && !signal.aborted; i++) {
      for (const socket of sockets) socket.send(text, port, host, () => undefined)
      await answered(sockets, signal)
    }
    return [...found.values()]
  } finally {
    for (const socket of sockets) socket.removeAllListeners('message').unref().close()
  }
}

type Socket = ReturnType<typeof createSocket>

function answered(sockets: readonly Socket[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      for (const socket of sockets) socket.off('message', done)
      resolve()
    }
    const timer = setTimeout(done, SEARCH_INTERVAL_MS)
    signal.addEventListener('abort', done, { once: true })
    for (const socket of sockets) socket.on('message', done)
  })
}

/** Of an answer to a search: only where it names the machine that sent it, which is none of the internet. */
function locationOf(answer: string, sender: string): URL | null {
  const [, text] = /^location:[ \t]*(\S+)[ \t]*$/im.exec(answer) ?? []
  const url = text === undefined || !URL.canParse(text) ? null : new URL(text)
  const isOfSender = url?.protocol === 'http:' && url.hostname === sender
  return isOfSender && publicTcpAddress(`/ip4/${sender}/tcp/1`) === null ? url : null
}

async function describeGateway(location: URL, signal: AbortSignal): Promise<Gateway | null> {
  const { text, localAddress } = await fetchText(location, { method: 'GET', signal })
  for (const [service] of text.matchAll(/<service>[\s\S]*?<\/service>/g)) {
    const [type] = SERVICE.exec(service) ?? []
    const path = tagOf(service, 'controlURL')
    if (type === undefined || path === null || !URL.canParse(path, location.href)) continue
    const control = new URL(path, location)
    if (control.hostname !== location.hostname || control.protocol !== 'http:') continue
    return gatewayAt(control, type, localAddress)
  }
  return null
}

function gatewayAt(control: URL, service: string, localAddress: string): Gateway {
  const run = async (
    action: string,
    fields: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<string> => {
    const inner = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`)
    const body =
      '<?xml version="1.0"?>\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
      's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
      `<u:${action} xmlns:u="${service}">${inner.join('')}</u:${action}></s:Body></s:Envelope>`
    const headers = { 'content-type': 'text/xml; charset="utf-8"', soapaction: `"${service}#${action}"` }
    const { status, text } = await fetchText(control, { method: 'POST', headers, body, signal })
    if (status === 200) return text
    const number = Number(tagOf(text, 'errorCode') ?? Number.NaN)
    const upnp = Number.isInteger(number) ? number : null
    throw new RoundError<RouterFault>(
      { code: 'ROUTER_REFUSES', upnp },
      `the router refuses ${action}${upnp === null ? ` (status ${status})` : ` (UPnP error ${upnp})`}`,
      { hint: 'Open the port by hand at the router, or use a member that relays.' },
    )
  }
  return {
    localAddress,
    externalAddress: async (signal) =>
      tagOf(await run('GetExternalIPAddress', {}, signal), 'NewExternalIPAddress') ?? '',
    open: async ({ externalPort, internalPort, leaseSeconds }, signal) => {
      const fields = {
        NewRemoteHost: '',
        NewExternalPort: externalPort,
        NewProtocol: 'TCP',
        NewInternalPort: internalPort,
        NewInternalClient: localAddress,
        NewEnabled: 1,
        NewPortMappingDescription: 'oneround',
        NewLeaseDuration: leaseSeconds,
      }
      await run('AddPortMapping', fields, signal)
    },
    close: async (externalPort, signal) => {
      const fields = { NewRemoteHost: '', NewExternalPort: externalPort, NewProtocol: 'TCP' }
      await run('DeletePortMapping', fields, signal)
    },
  }
}

/** What stands in the first element of this name; null without one. */
function tagOf(text: string, name: string): string | null {
  return new RegExp(`<(?:\\w+:)?${name}>\\s*([^<]{0,1024}?)\\s*</`).exec(text)?.[1] ?? null
}

interface Asking {
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal: AbortSignal
}

interface Answer {
  readonly status: number
  readonly text: string
  readonly localAddress: string
}

/** @throws when nothing comes in time, or too much */
function fetchText(url: URL, { method, headers = {}, body = '', signal }: Asking): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = { 'content-length': Buffer.byteLength(body) }
    const asked = request(url, { method, headers: { ...headers, ...length }, signal, agent: false })
    const timer = setTimeout(() => asked.destroy(new Error('the router does not answer')), ANSWER_TIMEOUT_MS)
    asked.on('error', reject)
    asked.on('close', () => clearTimeout(timer))
    asked.on('response', (response) => {
      const parts: Buffer[] = []
      let sizeBytes = 0
      const localAddress = response.socket.localAddress ?? ''
      response.on('data', (part: Buffer) => {
        sizeBytes += part.length
        if (sizeBytes > ANSWER_SIZE_BYTES_MAX) asked.destroy(new Error('the router answers without end'))
        else parts.push(part)
      })
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          text: Buffer.concat(parts).toString('utf8'),
          localAddress,
        }),
      )
    })
    asked.end(body)
  })
}
