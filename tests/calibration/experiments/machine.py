# SPDX-License-Identifier: Apache-2.0
"""Runs on the machines of pcie-bench."""
from measure import Run, Workload, settings

MEBIBYTE = 1 << 20
IOMMU_OFF = (("host_bridges.pcie0.iommu", "none"), ("software.domains", "[]"))
# The chip's direct PCIe commands instead of its DMA engine.
BY_COMMAND = settings(devices__nfp0__dma="nfp-6000-command")
# Pages that the IOTLB of each host holds: docs/calibration.md.
REACH = {"sandy-bridge": 129, "ivy-bridge": 126, "haswell": 118, "haswell-2637": 118, "broadwell": 118}
SUPERPAGES = settings(iommus__dmar0__pages_2m="true")
# More than the device can have in flight: it always has work.
BUSY = 64
ONE_AT_A_TIME = 1


def host(row, window):
    """The machine of a row, with its window as the benchmark allocates it."""
    reach = REACH[row.host]
    return settings(timing__host=row.host, timing__memory__state=row.cache or "warm", timing__memory__footprint=window,
                    software__buffers__window__size=window, iommus__dmar0__iotlb__entries=reach,
                    iommus__dmar0__iotlb__ways=reach)


def closed_loop(outstanding, warm_up):
    return settings(timing__window=outstanding, statistics__warm_up=warm_up)


def busy(row, more, window=None, operation=None, size=None):
    """Bandwidth: enough operations that a random order costs less than 1 % of accuracy."""
    window, operation, size = window or row.window, operation or row.operation, size or row.size
    count = 12000 if size <= 256 else 6000
    if operation == "alternate":
        count *= 2
    workload = Workload(operation, size, count, window)
    return Run("pciebench", (workload,), host(row, window) + closed_loop(BUSY, count // 5) + more)


def one_at_a_time(row, more, count=1000, pattern="random", size=None):
    """Latency."""
    workload = Workload(row.operation, size or row.size, count, row.window, pattern=pattern)
    return Run("pciebench", (workload,), host(row, row.window) + closed_loop(ONE_AT_A_TIME, count // 5) + more)
