# SPDX-License-Identifier: Apache-2.0
"""The end-to-end workloads: each a platform of this folder and the trace that is replayed on it.

Traces are written with relative times, and slowly enough for every link, port and walker of the platform: the queues of
an open-loop replay stay bounded, however long the trace.
"""
import collections
import pathlib
import random

FOLDER = pathlib.Path(__file__).resolve().parent
REQUEST_BYTES = 64
BUFFER_BYTES = 1 << 20
HEAP_BYTES = 1 << 30
QUEUE_BYTES = 256 << 10

# `name` is also that of the platform file.
Workload = collections.namedtuple("Workload", "name lines landing text")


def _writes(count):
    for i in range(count):
        yield f"+20ns nic0 write {0x4000_0000 + i * REQUEST_BYTES % BUFFER_BYTES:#x} {REQUEST_BYTES}\n"


def _random(count):
    chance = random.Random(4)
    for i in range(count):
        address = 0x40_0000_0000 + chance.randrange(HEAP_BYTES // REQUEST_BYTES) * REQUEST_BYTES
        yield f"+100ns nic0 {'read' if i % 2 else 'write'} {address:#x} {REQUEST_BYTES}\n"


def _eight_devices(count):
    """All eight at once, then a pause in which the upstream link empties."""
    for i in range(count):
        device, turn = i % 8, i // 8
        address = 0x4000_0000 + device * QUEUE_BYTES + turn * REQUEST_BYTES % QUEUE_BYTES
        yield f"+{0 if device else 160}ns nvme{device} write {address:#x} {REQUEST_BYTES}\n"


def _p2p(count):
    for i in range(count):
        writer, bar = (0, 0x38_0100_0000) if i % 2 else (1, 0x38_0000_0000)
        yield f"+20ns gpu{writer} write {bar + i * REQUEST_BYTES % BUFFER_BYTES:#x} {REQUEST_BYTES}\n"


WORKLOADS = (
    Workload("writes", _writes, "memory", "64 B writes that the IOTLB answers, one switch with ACS redirect"),
    Workload("random", _random, "memory", "64 B reads and writes in turn, random over 1 GiB in 4 KiB pages"),
    Workload("8-devices", _eight_devices, "memory", "64 B writes of eight devices at once, below one switch"),
    Workload("p2p", _p2p, "peer", "64 B writes between two endpoints below a switch without ACS"),
)


def platform(workload):
    return FOLDER / f"{workload.name}.yaml"


def write_trace(workload, path, count):
    with path.open("w") as trace:
        trace.writelines(workload.lines(count))
