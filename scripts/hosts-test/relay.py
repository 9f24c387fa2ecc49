"""The cable between two hosts: relay.py MILLISECONDS LOSS DEVICE DEVICE

Makes two TUN devices, prints "ready", and carries the packets of each to the other: every packet
later by the given time, or not at all with the given probability (0 to 1).
"""
import collections
import fcntl
import os
import random
import select
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000


def tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return fd


def main(delay, loss, names):
    ends = [tun(name) for name in names]
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    chance = random.Random(7)
    waiting = collections.deque()  # (when, to, packet), in order, as every packet waits as long
    print("ready", flush=True)
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for fd in select.select(ends, [], [], timeout)[0]:
            try:
                packet = os.read(fd, 65535)
            except BlockingIOError:
                continue
            if chance.random() >= loss:
                waiting.append((time.monotonic() + delay, other[fd], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, to, packet = waiting.popleft()
            try:
                os.write(to, packet)
            except OSError:
                pass  # the device is down, or its queue full: a packet is lost


if __name__ == "__main__":
    main(float(sys.argv[1]) / 1000, float(sys.argv[2]), sys.argv[3:5])
