"""
A network between namespaces, packet by packet: what `tc netem` does, for kernels without it.

It opens one TUN device a member, `<prefix>0`, `<prefix>1`, …, whose addresses are <net>.1, <net>.2, …, and passes every IPv4
packet from one to the other after the link's delay, or not at all. Devices may be moved to other network namespaces
afterwards: who has opened one keeps reading it.

In: argv: prefix, network ("10.77.0"), number of members, seed. On stdin, a line of JSON each time that the links change:
{"loss": share of packets lost, "delayMs": one way, "groups": [[members], …]: packets pass within a group only}.
Out: "ready" on stdout once the devices are there; at the end of stdin one line of JSON: packets and bytes passed, packets
lost at random, packets cut by groups.
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


def main():
    prefix, network, count, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    rng = random.Random(seed)
    fds = [open_device('%s%d' % (prefix, i)) for i in range(count)]
    net = bytes(int(part) for part in network.split('.'))
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
                    print(json.dumps(counts), flush=True)
                    return
                *lines, text = (text + chunk).split(b'\n')
                for line in lines:
                    links = json.loads(line)
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
                # IPv4 within this network only: anything else (IPv6 router solicitations) has nowhere to go.
                if len(packet) < 20 or packet[0] >> 4 != 4 or packet[16:19] != net:
                    continue
                target = packet[19] - 1
                if not 0 <= target < count or target == key.data:
                    continue
                if group_of[target] != group_of[key.data]:
                    counts['cut'] += 1
                elif rng.random() < loss or len(waiting) >= QUEUE_PACKETS_MAX:
                    counts['lost'] += 1
                elif delay == 0:
                    deliver(target, packet)
                else:
                    sequence += 1
                    heapq.heappush(waiting, (time.monotonic() + delay, sequence, target, packet))


main()
