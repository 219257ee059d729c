"""
A router of a site: addresses of its own inside, one public address outside, and no way in that nobody inside asked for.

In: IPv4 packets, TCP and UDP, that leave or reach the site. Out: the same with addresses, ports and checksums rewritten, or
None where a router would drop them: silently, since an answer would end the other side's attempt (RFC 5382 §4.3).
Mapping, in RFC 4787's words: `same` is endpoint-independent (one public port for a port inside, whoever it talks to), `each`
address-and-port-dependent (another port for every destination: what is called symmetric). Filtering is
address-and-port-dependent in both: only who was written to may answer. Ports are picked at random, never kept.
"""
import struct

TCP, UDP = 6, 17
FIRST_PORT, LAST_PORT = 20000, 59999


class Router:
    def __init__(self, external, mapping, rng):
        self.external = external
        self.mapping = mapping
        self.rng = rng
        self.port_of = {}
        self.inside_of = {}
        self.written_to = set()
        # Ports that somebody inside has asked to be open (UPnP): external port -> (address, port).
        self.opened = {}

    def leaving(self, packet):
        found = ports_of(packet)
        if found is None:
            return None
        protocol, source_port, target_port = found
        source, target = packet[12:16], packet[16:20]
        opened = [port for port, inside in self.opened.items() if inside == (source, source_port)]
        if opened:
            port = opened[0]
        else:
            key = (protocol, source, source_port)
            if self.mapping == 'each':
                key += (target, target_port)
            port = self.port_of.get(key)
            if port is None:
                port = self.free_port(protocol)
                self.port_of[key] = port
                self.inside_of[(protocol, port)] = (source, source_port)
        self.written_to.add((protocol, port, target, target_port))
        return rewritten(packet, 12, self.external, 0, port)

    def arriving(self, packet):
        found = ports_of(packet)
        if found is None:
            return None
        protocol, source_port, target_port = found
        inside = self.opened.get(target_port)
        if inside is None and (protocol, target_port, packet[12:16], source_port) in self.written_to:
            inside = self.inside_of.get((protocol, target_port))
        if inside is None:
            return None
        return rewritten(packet, 16, inside[0], 2, inside[1])

    def free_port(self, protocol):
        while True:
            port = self.rng.randint(FIRST_PORT, LAST_PORT)
            if (protocol, port) not in self.inside_of and port not in self.opened:
                return port


def ports_of(packet):
    """Protocol, source and target port; None for what is neither TCP nor UDP, or a fragment without ports."""
    header = (packet[0] & 15) * 4
    fragment = struct.unpack_from('!H', packet, 6)[0] & 0x1FFF
    if packet[9] not in (TCP, UDP) or fragment != 0 or len(packet) < header + 8:
        return None
    source, target = struct.unpack_from('!HH', packet, header)
    return packet[9], source, target


def rewritten(packet, address_at, address, port_at, port):
    """Another address and port, and checksums that still hold (RFC 1624, equation 3)."""
    out = bytearray(packet)
    header = (packet[0] & 15) * 4
    old_address = packet[address_at:address_at + 4]
    old_port = packet[header + port_at:header + port_at + 2]
    out[address_at:address_at + 4] = address
    struct.pack_into('!H', out, header + port_at, port)
    new_port = out[header + port_at:header + port_at + 2]
    amend(out, 10, old_address, address)
    checksum_at = header + (16 if packet[9] == TCP else 6)
    # A UDP checksum of 0 is none.
    if packet[9] == TCP or out[checksum_at:checksum_at + 2] != b'\0\0':
        amend(out, checksum_at, old_address + old_port, address + new_port)
    return bytes(out)


def amend(out, at, old, new):
    total = ~struct.unpack_from('!H', out, at)[0] & 0xFFFF
    for i in range(0, len(old), 2):
        total += (~struct.unpack_from('!H', old, i)[0] & 0xFFFF) + struct.unpack_from('!H', new, i)[0]
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    struct.pack_into('!H', out, at, ~total & 0xFFFF)
