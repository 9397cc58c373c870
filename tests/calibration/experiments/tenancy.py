# SPDX-License-Identifier: Apache-2.0
"""Experiment 19: guests take turns at a NIC whose device TLB holds less than they use, so that everything misses."""
import re

import figures
from measure import Run, settings
from points import Measurement, Point

PAGE = 4096
# A packet of 1542 bytes fills three buffers in pages of their own: three translations.
BUFFERS, BUFFER_BYTES = 3, 514
PACKET_NS = BUFFERS * BUFFER_BYTES * 8 / 200
# Of all guests together: six times what the device TLB holds, and used in turn.
PAGES = 3072
PACKETS = 4096
# A write takes less.
ALONE_NS = 4000
# A page off the 2 MiB blocks of the memory behind it, so that every page is mapped by itself.
IOVA = (1 << 32) + PAGE
MEMORY = 1 << 32
# A guest's first-stage tables take at least four pages, a quarter of its memory.
LEAST_GUEST = 16


def _guest_pages(tenants):
    return max(LEAST_GUEST, PAGES // tenants * 4 // 3)


def _domains(tenants):
    """The last lines of the platform file: a guest for each virtual function."""
    yield "software:"
    yield "  domains:"
    size = _guest_pages(tenants) * PAGE
    for i in range(tenants):
        base = MEMORY + i * size
        yield (f"    - {{name: guest{i}, type: dma, stage: nested, devices: [nic0-vf{i}], "
               f"guest_memory: {{base: {base:#x}, size: {size}}}, "
               f"mappings: [{{iova: {IOVA:#x}, physical: {base:#x}, size: {PAGES // tenants * PAGE}}}]}}")


def _packets(tenants):
    """As they arrive at 200 Gb/s. Before them each guest writes twice, alone, so that the unit knows who it is."""
    own = PAGES // tenants
    for turn in range(2 * tenants):
        yield f"{ALONE_NS * turn}ns nic0-vf{turn % tenants} write {IOVA:#x} 8"
    begin = ALONE_NS * 2 * tenants
    for packet in range(PACKETS):
        for i in range(BUFFERS):
            page = (packet // tenants * BUFFERS + i) % own
            yield (f"{begin + PACKET_NS * (packet + i / BUFFERS):.3f}ns nic0-vf{packet % tenants} "
                   f"write {IOVA + page * PAGE:#x} {BUFFER_BYTES}")


def _figure(point):
    if "full miss" in point:
        return figures.translation_latency_ns
    return figures.reads_of_a_walk("dmar0") if "reads" in point else figures.written_gbps


def tenancy(rows):
    traces, platforms = {}, {}
    for row in rows:
        tenants, pending = map(int, re.search(r"(\d+) guests?, (\d+) pending", row.point).groups())
        if tenants not in traces:
            traces[tenants] = tuple(_packets(tenants))
            platforms[tenants] = "\n".join(_domains(tenants)) + "\n"
        chosen = settings(devices__nic0__sriov__num_vfs=tenants, devices__nic0__dma__translations=pending,
                          statistics__warm_up=2 * tenants + PACKETS * BUFFERS // 4)
        run = Run("tenancy", traces[tenants], chosen, more=platforms[tenants])
        yield Point(row, (Measurement(run, _figure(row.point)),))
