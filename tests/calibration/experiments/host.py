# SPDX-License-Identifier: Apache-2.0
"""Experiments 10, 15, 16 and 20: memory, write credits and software of the host."""
import re

import figures
from experiments import latency, machine
from measure import Run, Workload, settings
from points import Measurement, Point

IDLE_NIC = (("host_bridges.pcie0.iommu", "none"), ("software.domains", "[]"))
PAGE = 4096


def remote_socket(rows):
    """The latency that the other socket adds is set; that it slows reads down and leaves writes alone is not."""
    remote = settings(timing__memory__remote="106ns")
    for row in rows:
        more = machine.IOMMU_OFF + (remote if "local" not in row.point else ())
        if row.unit == "ns":
            runs = (machine.one_at_a_time(row, more), machine.one_at_a_time(row, machine.IOMMU_OFF))
            yield Point(row, tuple(Measurement(run, latency.READ) for run in runs), lambda far, near: far - near)
        else:
            yield Point(row, (Measurement(machine.busy(row, more), figures.gbps("nfp0", row.operation)),))


def strict_nic(rows):
    """Packets arrive at 100 Gb/s. Each page is used once, so each misses once; one walk at a time takes 65 ns, and
    197 ns for each read. Where other cores' invalidations flush the walk caches, how many reads that makes was measured
    and is given; where the caches are kept, the reads are those of the model."""
    pages = 3000
    arrivals = f"{PAGE * 8 / 100:g}ns"
    workload = Workload("write", PAGE, pages, 64 * machine.MEBIBYTE, device="nic0", pattern="sequential",
                        interval=arrivals)
    for row in rows:
        chosen = settings(statistics__warm_up=pages // 5)
        if "kept" not in row.point:
            reads = float(row.point.split()[0])
            chosen += settings(timing__iommu__walk=f"{65 + 197 * reads:g}ns", timing__iommu__walk_read="0ns")
        yield Point(row, (Measurement(Run("server-nic", (workload,), chosen), figures.gbps("nic0", "write")),))


def write_credits(rows):
    for row in rows:
        speed, to_memory = re.match(r"(\S+) x16, \d+ B, (\d+) ns", row.point).groups()
        workload = Workload("write", row.size, 8000, machine.MEBIBYTE, device="nic0")
        chosen = settings(timing__root_complex__write_latency=f"{to_memory}ns", devices__nic0__link__speed=speed,
                          devices__rp0__link__speed=speed) + machine.closed_loop(4096, 1600) + IDLE_NIC
        yield Point(row, (Measurement(Run("server-nic", (workload,), chosen), figures.gbps("nic0", "write")),))


# 567,910 operations in a second by four jobs; Linux maps and unmaps a page in 53 ns each, without invalidation.
OPERATION_NS = 1e9 * 4 / 567_910
MAP_AND_UNMAP_NS = 2 * 53
BATCH = 16


def _unmaps(pages, operations):
    """A driver that unmaps `pages` at a time and waits for the invalidation."""
    return tuple(f"0ns nic0 unmap {(1 << 32) + i * pages * PAGE:#x} {pages * PAGE}" for i in range(operations))


def _unmap_time(pages):
    """What one more costs, so that beginning and end do not count."""
    wait = settings(timing__iommu__invalidation="1.06us", timing__window=1, timing__cpu_mmio="0ns",
                    timing__cpu_memory="0ns")
    return tuple(Measurement(Run("server-nic", _unmaps(pages, operations), wait), figures.simulated_ns)
                 for operations in (200, 100))


def invalidation(rows):
    for row in rows:
        if "16" in row.point:
            yield Point(row, _unmap_time(BATCH), _lost)
        else:
            yield Point(row, _unmap_time(1), _waiting)


def _waiting(more, less):
    """Percent of the time at 560,000 operations in a second."""
    return 100 * 0.56e6 * (more - less) / 100 * 1e-9


def _lost(more, less):
    added = (more - less) / 100 / BATCH + MAP_AND_UNMAP_NS
    return 100 * (OPERATION_NS / (OPERATION_NS + added) - 1)
