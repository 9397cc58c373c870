# SPDX-License-Identifier: Apache-2.0
"""Experiments 3, 17 and 18: switches, and devices that write to each other."""
import re

import figures
from experiments import machine
from measure import MEMORY, Run, Workload, settings
from points import Measurement, Point

SWITCH_PORTS = {name: f"sw0-dp{number}" for number, name in enumerate(("s0", "s1", "s2", "s3", "d0", "d1", "d2", "d3"))}
BAR_SIZE = 64 * machine.MEBIBYTE


def bar(name):
    """Bus address of the BAR of a device of peers.yaml."""
    return 0x38_0000_0000 + list(SWITCH_PORTS).index(name) * BAR_SIZE


def _copy(source, target, count=4000):
    return Workload("write", 256, count, BAR_SIZE, device=source, base=bar(target), pattern="sequential")


def _peers(copies, more=(), outstanding=256, warm_up=800):
    """`outstanding` and `warm_up` for each device."""
    loop = machine.closed_loop(outstanding * len(copies), warm_up * len(copies))
    return Run("peers", tuple(copies), loop + more)


def generations(rows):
    for row in rows:
        speed = row.point.split()[0]
        links = tuple((f"devices.{name}.link.speed", speed) for name in ("s0", "sw0-dp0", "d0", "sw0-dp4"))
        yield Point(row, (Measurement(_peers((_copy("s0", "d0"),), links), figures.written_gigabytes("s0")),))


def switch_hop(rows):
    for row in rows:
        if "bandwidth" in row.point:
            yield Point(row, (_through_switch("far0"), _through_switch("near0")), lambda far, near: far / near)
        elif "store" in row.point:
            narrow = _links("8GT/s", "x8")
            whole = settings(timing__switch__store_and_forward="true")
            runs = (_read("far0", 256, narrow + whole), _read("far0", 256, narrow))
            yield Point(row, runs, lambda stored, cut_through: stored - cut_through)
        else:
            speed = row.point.split()[0]
            chosen = _links(speed, "x16") + settings(timing__switch__latency="140ns" if speed == "5GT/s" else "100ns")
            yield Point(row, (_read("far0", 64, chosen), _read("near0", 64, chosen)), lambda far, near: far - near)


def _links(speed, width):
    return tuple((f"devices.{name}.link.{key}", value) for name in ("rp0", "near0", "rp1", "sw0", "sw0-dp0", "far0")
                 for key, value in (("speed", speed), ("width", width)))


def _read(device, size, more):
    workload = Workload("read", size, 500, 8192, device=device, pattern="sequential")
    run = Run("switch", (workload,), machine.closed_loop(machine.ONE_AT_A_TIME, 100) + more)
    return Measurement(run, figures.latency_ns(device, "read"))


def _through_switch(device):
    workload = Workload("write", 256, 6000, 8192, device=device)
    return Measurement(Run("switch", (workload,), machine.closed_loop(256, 1200)), figures.gbps(device, "write"))


def _redirecting(*ports):
    """ACS as Linux enables it, on these ports and the root port above them."""
    return tuple((f"devices.{port}.acs", "linux") for port in ("rp0", *ports))


def _flows(count):
    return [_copy(f"s{i}", f"d{i}") for i in range(count)], _redirecting(*(f"sw0-dp{i}" for i in range(count)))


def peer_to_peer(rows):
    return (_peer_point(row) for row in rows)


def _peer_point(row):
    if row.point.startswith("direct"):
        return _direct(row)
    if row.point.startswith("redirected"):
        flows = int(re.search(r"(\d) flows", row.point).group(1))
        run = _peers(*_flows(flows))
        return Point(row, (Measurement(run, figures.slowest_gigabytes(*(f"s{i}" for i in range(flows)))),))
    if row.point.startswith("reflection"):
        copies, redirected = _flows(1)
        cap = settings(timing__root_complex__reflection=f"{row.expected:g}GB/s")
        return Point(row, (Measurement(_peers(copies, redirected + cap), figures.written_gigabytes("s0")),))
    if row.point.startswith("refused"):
        copies, redirected = _flows(1)
        denied = settings(host_bridges__pcie0__peer_to_peer="denied")
        return Point(row, (Measurement(_peers(copies, redirected + denied), figures.share_landed("rejected")),))
    return _staged(row)


def _direct(row):
    if "both" in row.point:
        copies = (_copy("s0", "d0"), _copy("d0", "s0"))
        return Point(row, (Measurement(_peers(copies), figures.written_gigabytes("s0", "d0")),))
    figure = figures.bytes_up("sw0") if "uplink" in row.point else figures.written_gigabytes("s0")
    return Point(row, (Measurement(_peers((_copy("s0", "d0"),)), figure),))


# A copy goes through memory in pieces: one side writes a piece and signals, the other reads it and signals. How long a
# signal takes is what makes two uplinks carry 8.57 GB/s; what one uplink carries then follows.
PIECE = 128 << 10
SIGNAL = "9270ns"


def _exchange(*devices):
    """Two devices that copy to each other; half of all bytes are written, half read."""
    dma = f"{{command: {SIGNAL}}}"
    chosen = tuple((f"devices.{device}.dma", dma) for device in devices)
    run = Run("peers", tuple(_lock_step(devices)), machine.closed_loop(len(devices), 20 * len(devices)) + chosen)
    return Measurement(run, figures.written_gigabytes(*devices))


def _lock_step(devices):
    """Who copies waits for the other's signal, so both write, then both read."""
    for i in range(100):
        for operation in ("write", "read"):
            for device in devices:
                yield f"0ns {device} {operation} {MEMORY + i * PIECE:#x} {PIECE}"
            yield "0ns cpu wait"


def _staged(row):
    one, two = _exchange("s0", "d0"), _exchange("s0", "e0")
    if row.unit == "ratio":
        return Point(row, (one, two), lambda shared, separate: shared / separate)
    return Point(row, (one if "one uplink" in row.point else two,))
