# SPDX-License-Identifier: Apache-2.0
"""Experiments 7 to 9: latency without an IOMMU, one operation at a time."""
import figures
from experiments import machine
from points import Measurement, Point

READ = figures.latency_ns("nfp0", "read")


def _read(row, size):
    return Measurement(machine.one_at_a_time(row, machine.IOMMU_OFF, size=size, pattern="sequential"), READ)


def by_size(rows):
    for row in rows:
        if row.size:
            yield Point(row, (_read(row, row.size),))
        else:
            yield Point(row, (_read(row, 64), _read(row, 2048)), lambda small, large: (large - small) / (2048 - 64))


def write_then_read(rows):
    """The benchmark stops the time from the write's beginning to the read's end. By command, the read is sent right
    behind the write."""
    for row in rows:
        more = machine.IOMMU_OFF + (machine.BY_COMMAND if "command" in row.point else ())
        run = machine.one_at_a_time(row, more, pattern="sequential")
        yield Point(row, (Measurement(run, figures.pair_latency_ns("nfp0")),))


def by_window(rows):
    for row in rows:
        yield Point(row, (Measurement(machine.one_at_a_time(row, machine.IOMMU_OFF, count=6000), READ),))
