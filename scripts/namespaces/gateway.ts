/**
 * A router's UPnP side in a namespace: `gateway.ts HOST EXTERNAL`. Prints `ready`, then a line of JSON for each port that it is
 * asked to open or close; the router itself is the emulator, which is told by whoever reads. Ends with its input.
 */
import '../../src/compat.ts'
import { startGateway } from '../../test/support/gateway.ts'

const [host = '', external = ''] = process.argv.slice(2)
const gateway = await startGateway({
  host,
  external,
  searchPort: 1900,
  group: '239.255.255.250',
  onMapping: (mapping) => process.stdout.write(`${JSON.stringify(mapping)}\n`),
})
process.stdout.write('ready\n')
process.stdin.on('end', () => void gateway.close())
process.stdin.resume()
