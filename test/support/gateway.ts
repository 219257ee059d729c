/**
 * A router as UPnP sees it: answers searches, describes itself, gives its address, opens and closes ports; or misbehaves in one
 * stated way. Written from WANIPConnection:1, on its own: it shares nothing with what it tests.
 */
import { createSocket } from 'node:dgram'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'

export type Misbehaviour =
  | 'none'
  /** 606: action not authorized. */
  | 'refuses'
  /** 725 for every mapping that ends some day. */
  | 'only-permanent'
  /** 718 for the first port that is asked for. */
  | 'conflict'
  /** Answers with a page for people. */
  | 'garbage'
  /** Takes the request and says nothing. */
  | 'silent'
  /** Names another machine in its answer to a search. */
  | 'points-elsewhere'

export interface GatewayOptions {
  /** Where it stands; searches come to the port, or to the group where one is given. */
  readonly host: string
  readonly searchPort: number
  readonly group?: string
  readonly external: string
  readonly misbehaviour?: Misbehaviour
  readonly onMapping?: (mapping: Mapping) => void
}

export interface Mapping {
  readonly external: number
  readonly client: string
  /** 0: closed. */
  readonly port: number
  readonly leaseSeconds: number
}

export interface TestGateway {
  readonly searchPort: number
  /** What is open now, by public port. */
  readonly open: ReadonlyMap<number, Mapping>
  /** Actions that it was asked for, in order. */
  readonly actions: readonly string[]
  readonly close: () => Promise<void>
}

const SERVICE = 'urn:schemas-upnp-org:service:WANIPConnection:1'
const DESCRIPTION = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><device>
<deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>
<serviceList><service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType><controlURL>/l3</controlURL></service></serviceList>
<deviceList><device><deviceList><device><serviceList><service>
<serviceType>${SERVICE}</serviceType><serviceId>urn:upnp-org:serviceId:WANIPConn1</serviceId>
<controlURL>/control</controlURL><SCPDURL>/scpd.xml</SCPDURL>
</service></serviceList></device></deviceList></device></deviceList>
</device></root>`

export async function startGateway(options: GatewayOptions): Promise<TestGateway> {
  const { host, group, external, misbehaviour = 'none', onMapping = () => undefined } = options
  const open = new Map<number, Mapping>()
  const actions: string[] = []
  const answer = (body: string, response: ServerResponse, status = 200): void => {
    response.writeHead(status, { 'content-type': 'text/xml' })
    response.end(`<s:Envelope xmlns:s="x"><s:Body>${body}</s:Body></s:Envelope>`)
  }
  const fault = (code: number, response: ServerResponse): void =>
    answer(
      `<s:Fault><detail><UPnPError><errorCode>${code}</errorCode></UPnPError></detail></s:Fault>`,
      response,
      500,
    )
  const control = (action: string, body: string, response: ServerResponse): void => {
    const field = (name: string): string => new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? ''
    const port = Number(field('NewExternalPort'))
    actions.push(action)
    if (action === 'GetExternalIPAddress')
      return answer(`<u:R><NewExternalIPAddress>${external}</NewExternalIPAddress></u:R>`, response)
    // A real router wants the protocol by name, in both.
    if (field('NewProtocol') !== 'TCP') return fault(402, response)
    if (action === 'DeletePortMapping') {
      if (!open.delete(port)) return fault(714, response)
      onMapping({ external: port, client: '', port: 0, leaseSeconds: 0 })
      return answer('<u:R/>', response)
    }
    const leaseSeconds = Number(field('NewLeaseDuration'))
    if (action !== 'AddPortMapping') return fault(401, response)
    if (misbehaviour === 'refuses') return fault(606, response)
    if (misbehaviour === 'only-permanent' && leaseSeconds > 0) return fault(725, response)
    if (misbehaviour === 'conflict' && actions.filter((each) => each === action).length === 1)
      return fault(718, response)
    const mapping = {
      external: port,
      client: field('NewInternalClient'),
      port: Number(field('NewInternalPort')),
      leaseSeconds,
    }
    open.set(port, mapping)
    onMapping(mapping)
    return answer('<u:R/>', response)
  }
  const serve = async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (misbehaviour === 'silent') return
    if (misbehaviour === 'garbage') {
      response.end('<html><body>Please log in</body></html>')
      return
    }
    if (asked.url !== '/control') {
      response.writeHead(200, { 'content-type': 'text/xml' })
      response.end(DESCRIPTION)
      return
    }
    const parts: Buffer[] = []
    for await (const part of asked) parts.push(part as Buffer)
    const action = /#(\w+)"?$/.exec(String(asked.headers['soapaction']))?.[1] ?? ''
    control(action, Buffer.concat(parts).toString('utf8'), response)
  }
  const server = createServer((asked, response) => void serve(asked, response))
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const bound = server.address()
  const httpPort = bound !== null && typeof bound === 'object' ? bound.port : 0
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  socket.on('message', (message, { address, port }) => {
    if (!message.toString('latin1').startsWith('M-SEARCH')) return
    const named = misbehaviour === 'points-elsewhere' ? '10.9.9.9' : host
    const lines = ['HTTP/1.1 200 OK', 'ST: upnp:rootdevice', `LOCATION: http://${named}:${httpPort}/root.xml`]
    socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, address)
  })
  socket.bind(options.searchPort, group === undefined ? host : '0.0.0.0')
  await once(socket, 'listening')
  if (group !== undefined) socket.addMembership(group, host)
  return {
    searchPort: socket.address().port,
    open,
    actions,
    close: async () => {
      socket.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
