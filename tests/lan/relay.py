"""A cable between two interfaces of one network namespace: every frame that comes in at one goes out
at the other, after a delay, at a rate, or not at all.

usage: relay.py INTERFACE INTERFACE

Lines on stdin change it: `delay MS` (one way), `loss PERCENT`, `rate BITS` a second (each way, 0: any),
`mtu BYTES` (larger packets vanish without a word), `cut`, `heal`. ARP and neighbour discovery have no
delay and are lost in a cut only: it is TCP that is looked at. `ready` is written when it works, `done` when an order is carried
out.
"""

import heapq
import random
import select
import socket
import sys
import time

ETH_P_ALL = 3
PACKET_OUTGOING = 4
# More than this does not wait at a slow cable: it is lost, as in a router.
QUEUE_SECONDS = 3.0


class Cable:
    def __init__(self, names):
        self.ends = []
        for name in names:
            end = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            end.bind((name, 0))
            end.setblocking(False)
            self.ends.append(end)
        self.delay = self.loss = self.rate = 0.0
        self.mtu = 1 << 20
        self.cut = False
        self.free_at = [0.0, 0.0]
        self.waiting = []
        self.count = 0
        self.chance = random.Random(7)

    def order(self, line):
        word, _, value = line.strip().partition(" ")
        if word == "delay":
            self.delay = float(value) / 1000
        elif word == "loss":
            self.loss = float(value) / 100
        elif word == "rate":
            self.rate = float(value)
        elif word == "mtu":
            self.mtu = int(value)
        elif word in ("cut", "heal"):
            self.cut = word == "cut"
        else:
            sys.exit(f"relay: what is {line!r}?")

    def take(self, side):
        while True:
            try:
                frame, where = self.ends[side].recvfrom(65535)
            except (BlockingIOError, OSError):
                return
            if where[2] != PACKET_OUTGOING and not self.cut:
                self.pass_on(1 - side, frame)

    def pass_on(self, side, frame):
        now = time.monotonic()
        if is_neighbourly(frame):
            return self.put(now, side, frame)
        if len(frame) - 14 > self.mtu or self.chance.random() < self.loss:
            return
        at = now
        if self.rate:
            at = max(now, self.free_at[side])
            if at - now > QUEUE_SECONDS:
                return
            at += len(frame) * 8 / self.rate
            self.free_at[side] = at
        self.put(at + self.delay, side, frame)

    def put(self, at, side, frame):
        self.count += 1
        heapq.heappush(self.waiting, (at, self.count, side, frame))

    def run(self):
        print("ready", flush=True)
        while True:
            left = max(0.0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            ready, _, _ = select.select([*self.ends, sys.stdin], [], [], left)
            for side in (0, 1):
                if self.ends[side] in ready:
                    self.take(side)
            if sys.stdin in ready:
                line = sys.stdin.readline()
                if not line:
                    return
                self.order(line)
                print("done", flush=True)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                _, _, side, frame = heapq.heappop(self.waiting)
                try:
                    self.ends[side].send(frame)
                except OSError:
                    # The interface is down or full: as lost as on any cable.
                    pass


def is_neighbourly(frame):
    kind = frame[12:14]
    return kind == b"\x08\x06" or (kind == b"\x86\xdd" and frame[20] == 58 and 133 <= frame[54] <= 137)


Cable(sys.argv[1:3]).run()
