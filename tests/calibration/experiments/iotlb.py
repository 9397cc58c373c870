# SPDX-License-Identifier: Apache-2.0
"""Experiments 11 to 14: what translation costs, and the machine that no parameter was fitted to."""
import figures
from experiments import machine
from experiments import latency as without_iommu
from points import Measurement, Point

WINDOWS = (1 << 18, 1 << 19, 1 << 20, 3 << 19, 1 << 21, 3 << 20, 1 << 22, 1 << 23, 1 << 24, 1 << 25, 1 << 26)
# All pages are in the IOTLB.
SMALL = 1 << 18


def latency(rows):
    """By command: the direct path of the chip."""
    for row in rows:
        run = machine.one_at_a_time(row, machine.BY_COMMAND, count=10000)
        yield Point(row, (Measurement(run, without_iommu.READ),))


def _rate(row, window=None, more=()):
    return Measurement(machine.busy(row, more, window=window), figures.gbps("nfp0", row.operation))


def bandwidth(rows):
    for row in rows:
        if "loss" in row.point:
            yield Point(row, (_rate(row, SMALL), _rate(row)), lambda small, large: 100 * (large / small - 1))
        else:
            yield Point(row, (_rate(row),))


def superpages(rows):
    for row in rows:
        off = _rate(row, more=machine.IOMMU_OFF)
        if "against" in row.point:
            yield Point(row, (_rate(row, more=machine.SUPERPAGES), off), lambda on, without: on / without)
        else:
            yield Point(row, (off,))


def _lowest(*rates):
    return WINDOWS[rates.index(min(rates))] / machine.MEBIBYTE


def serialised(rows):
    for row in rows:
        if "lowest" in row.point:
            yield Point(row, tuple(_rate(row, window) for window in WINDOWS), _lowest)
        else:
            yield Point(row, (_rate(row),))


def _million_lines(gbps):
    """Where nearly every access misses, each line is a walk; the IOTLB still answers reach/window of them."""
    return gbps * 1000 / (8 * 64)


def withheld(rows):
    for row in rows:
        if "walks" in row.point:
            yield Point(row, (_rate(row),), _million_lines)
        else:
            yield from without_iommu.by_size([row])
