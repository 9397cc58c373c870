# SPDX-License-Identifier: Apache-2.0
"""Experiments 1 and 2: bytes on a link.

Experiment 1 is arithmetic: the encoded rate, less what ACK and UpdateFC DLLPs and SKP ordered sets take, shared by the
bytes of the TLPs (pcie-bench, model/pcie.py, whose figures for 8GT/s x8 are printed in the paper).
"""
import figures
from experiments import machine
from measure import Run, Workload, settings
from points import Measurement, Point, Row

# Bytes in a nanosecond on one lane, behind 8b/10b or 128b/130b.
LANE_RATES = {"2.5GT/s": 0.25, "5GT/s": 0.5, "8GT/s": 128 / 130, "16GT/s": 2 * 128 / 130, "32GT/s": 4 * 128 / 130}
# PCI Express Base Specification 3.1a, tables 2-46 to 2-48 and 3-7 to 3-9: latency limits in symbol times for
# Max_Payload_Size 128, 256 and 512. pcie-bench takes them as bytes, and so does the figure that is compared here.
PAYLOADS = (128, 256, 512)
LATENCY_LIMITS = {
    "2.5GT/s": {1: (237, 416, 559), 4: (73, 118, 154), 8: (67, 107, 86), 16: (48, 72, 86)},
    "5GT/s": {1: (288, 467, 610), 4: (124, 169, 205), 8: (118, 158, 137), 16: (99, 123, 137)},
    "8GT/s": {1: (333, 512, 655), 4: (169, 214, 250), 8: (163, 203, 182), 16: (144, 168, 182)},
}
DLLP, SKIP_SHARE = 8, 4 / 1538
# Framing, sequence number, LCRC and header with a 64-bit address; of a completion.
REQUEST, COMPLETION = 24, 20
READ_REQUEST = 512
SIZES = (8, 64, 256, 1024, 4096)


def overhead(speed, lanes, payload):
    """The share of the encoded rate that the specification's intervals of ACK and UpdateFC cost."""
    limits = LATENCY_LIMITS.get(speed, LATENCY_LIMITS["8GT/s"])
    return 2 * DLLP / limits[lanes][PAYLOADS.index(payload)] + SKIP_SHARE


def payload_gbps(rate, operation, size, payload):
    """Of a link that carries `rate` bytes in a nanosecond in each direction."""
    tlps = -(-size // payload)
    if operation == "write":
        return 8 * rate * size / (size + REQUEST * tlps)
    down = size + COMPLETION * tlps
    up = REQUEST * -(-size // READ_REQUEST)
    return 8 * rate * size / max(down, up)


def arithmetic(_):
    for speed, lane_rate in LANE_RATES.items():
        for lanes in (1, 4, 8, 16):
            for payload in PAYLOADS:
                share = overhead(speed, lanes, payload)
                for size in SIZES:
                    for operation in ("read", "write"):
                        yield _endless(speed, lanes, payload, size, operation, share, lanes * lane_rate * (1 - share))


def _endless(speed, lanes, payload, size, operation, share, rate):
    expected = payload_gbps(rate, operation, size, payload)
    name = f"{speed} x{lanes}, payload {payload} B, {size} B {operation}"
    row = Row("1", name, "", operation, size, 0, "", expected, "Gb/s", "0.5%", "arithmetic of pcie-bench model/pcie.py")
    # 20 us at least: 400 times the latency, so that the beginning does not count.
    count = max(300, int(20000 * expected / 8 / size))
    link = f"{{speed: {speed}, width: x{lanes}, overhead: {share:.9f}}}"
    chosen = settings(devices__dev0__link=link, devices__rp0__link=link, devices__dev0__max_payload=payload,
                      devices__rp0__max_payload=payload, statistics__warm_up=count // 5)
    workload = Workload(operation, size, count, 1 << 16, device="dev0")
    wide = settings(software__buffers__window__size=1 << 16)
    return Point(row, (Measurement(Run("link", (workload,), wide + chosen), figures.gbps("dev0", operation)),))


def efficiency(rows):
    """5.5 % is what DLLPs and SKPs really take on these machines; the specification recommends more of them."""
    recommended = f"{overhead('8GT/s', 8, 256):.9f}"
    for row in rows:
        more = machine.IOMMU_OFF
        if "specification" in row.point:
            more += settings(devices__nfp0__link__overhead=recommended, devices__rp0__link__overhead=recommended)
        yield Point(row, (Measurement(machine.busy(row, more), figures.gbps("nfp0", row.operation)),))
