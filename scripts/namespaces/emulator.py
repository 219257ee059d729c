"""
A network between namespaces, packet by packet: what `tc netem` does, for kernels without it.

It opens one TUN device a host, `<prefix>0`, `<prefix>1`, …, and passes every IPv4 packet from one to the other after the link's
delay, or not at all. Devices may be moved to other network namespaces afterwards: who has opened one keeps reading it.

In: argv: prefix, seed, topology as JSON: {"hosts": [{"address", "segment"}], "routers": [{"segment", "external", "mapping"}]}.
Hosts of one segment reach each other, and hear each other's multicast; a segment without a router stands on the internet, which
has no multicast. What leaves a segment with a router goes through that (`nat.py`).
On stdin, a line of JSON each time that the links change: {"loss": share of packets lost, "delayMs": one way, "groups": [[hosts],
…]: packets pass within a group only}, or that a router opens or closes a port: {"segment", "external": port, "address", "port"};
port 0 closes.
Out: "ready" on stdout once the devices are there; at the end of stdin one line of JSON: packets and bytes passed, packets
lost at random, packets cut by groups, packets that a router dropped.
"""
import fcntl
import heapq
import json
import os
import random
import selectors
import struct
import sys
import time

from nat import Router

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_NO_PI = 0x1000
PACKET_BYTES_MAX = 65536
# What a link holds at most: beyond it the newest packet is lost, as in any queue.
QUEUE_PACKETS_MAX = 20000


def open_device(name):
    fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH', name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def packed(address):
    return bytes(int(part) for part in address.split('.'))


class Topology:
    """Who gets a packet: pairs of host and packet, the packet as its routers left it."""

    def __init__(self, hosts, routers, rng):
        self.host_of = {packed(host['address']): i for i, host in enumerate(hosts)}
        self.segment_of = [host['segment'] for host in hosts]
        self.router_of = {
            each['segment']: Router(packed(each['external']), each['mapping'], rng) for each in routers
        }
        self.router_at = {router.external: segment for segment, router in self.router_of.items()}
        self.dropped = 0

    def targets(self, source, packet):
        segment = self.segment_of[source]
        if 224 <= packet[16] <= 239:
            others = [i for i, each in enumerate(self.segment_of) if each == segment and i != source]
            return [(i, packet) for i in others] if segment != 'internet' else []
        target = self.host_of.get(packet[16:20])
        if target is not None and self.segment_of[target] == segment:
            return [(target, packet)] if target != source else []
        router = self.router_of.get(segment)
        if router is not None:
            packet = router.leaving(packet)
            if packet is None:
                return []
        behind = self.router_at.get(packet[16:20])
        if behind is not None:
            packet = self.router_of[behind].arriving(packet)
            if packet is None:
                self.dropped += 1
                return []
        elif target is None or self.segment_of[target] in self.router_of:
            # Addresses inside a site mean nothing outside.
            return []
        target = self.host_of.get(packet[16:20])
        return [] if target is None else [(target, packet)]

    def open_port(self, segment, external, address, port):
        opened = self.router_of[segment].opened
        if port == 0:
            opened.pop(external, None)
        else:
            opened[external] = (packed(address), port)


def main():
    prefix, seed, topology = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    rng = random.Random(seed)
    count = len(topology['hosts'])
    fds = [open_device('%s%d' % (prefix, i)) for i in range(count)]
    network = Topology(topology['hosts'], topology['routers'], rng)
    group_of = [0] * count
    loss, delay = 0.0, 0.0
    waiting = []
    sequence = 0
    counts = {'packets': 0, 'bytes': 0, 'lost': 0, 'cut': 0}

    def deliver(target, packet):
        try:
            os.write(fds[target], packet)
            counts['packets'] += 1
            counts['bytes'] += len(packet)
        except OSError:
            # The device is not up yet, or its queue is full: a packet lost.
            counts['lost'] += 1

    selector = selectors.DefaultSelector()
    os.set_blocking(0, False)
    selector.register(0, selectors.EVENT_READ, None)
    for i, fd in enumerate(fds):
        selector.register(fd, selectors.EVENT_READ, i)
    print('ready', flush=True)
    text = b''
    while True:
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, _, target, packet = heapq.heappop(waiting)
            deliver(target, packet)
        timeout = max(0.0, waiting[0][0] - now) if waiting else None
        for key, _ in selector.select(timeout):
            if key.data is None:
                chunk = os.read(0, 65536)
                if chunk == b'':
                    print(json.dumps({**counts, 'dropped': network.dropped}), flush=True)
                    return
                *lines, text = (text + chunk).split(b'\n')
                for line in lines:
                    links = json.loads(line)
                    if 'segment' in links:
                        network.open_port(**links)
                        continue
                    loss = links['loss']
                    delay = links['delayMs'] / 1000
                    for number, group in enumerate(links['groups']):
                        for member in group:
                            group_of[member] = number
                continue
            # A burst at a time, so that neither side starves the other.
            for _ in range(64):
                try:
                    packet = os.read(key.fd, PACKET_BYTES_MAX)
                except OSError:
                    break
                # IPv4 only: IPv6 router solicitations have nowhere to go.
                if len(packet) < 20 or packet[0] >> 4 != 4:
                    continue
                for target, routed in network.targets(key.data, packet):
                    if group_of[target] != group_of[key.data]:
                        counts['cut'] += 1
                    elif rng.random() < loss or len(waiting) >= QUEUE_PACKETS_MAX:
                        counts['lost'] += 1
                    elif delay == 0:
                        deliver(target, routed)
                    else:
                        sequence += 1
                        heapq.heappush(waiting, (time.monotonic() + delay, sequence, target, routed))


main()
