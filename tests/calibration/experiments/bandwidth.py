# SPDX-License-Identifier: Apache-2.0
"""Experiments 4 to 6: bandwidth by size, without an IOMMU."""
import figures
from experiments import machine
from points import Measurement, Point


def figure(operation):
    return figures.gbps_each_way("nfp0") if operation == "alternate" else figures.gbps("nfp0", operation)


def by_size(rows):
    for row in rows:
        yield Point(row, (Measurement(machine.busy(row, machine.IOMMU_OFF), figure(row.operation)),))
