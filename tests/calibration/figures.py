# SPDX-License-Identifier: Apache-2.0
"""Numbers in results.json. docs/results-format.md says what they are; all are of the time after the warm-up."""


def _device(results, device):
    return results["statistics"]["devices"][device]


def latency_ns(device, operation):
    """Mean of whole DMA operations, "read" or "write"."""
    return lambda results: _device(results, device)[f"{operation}_latency"]["mean"]["value"]


def pair_latency_ns(device):
    """Of a write and the read that follows it."""
    write, read = latency_ns(device, "write"), latency_ns(device, "read")
    return lambda results: write(results) + read(results)


def gbps(device, operation):
    """Payload in one direction."""
    return lambda results: _device(results, device)[f"{operation}_bandwidth"]["value"]


def gbps_each_way(device):
    """The slower direction."""
    read, write = gbps(device, "read"), gbps(device, "write")
    return lambda results: min(read(results), write(results))


def written_gigabytes(*devices):
    """Per second, of all devices together."""
    return lambda results: sum(gbps(device, "write")(results) for device in devices) / 8


def slowest_gigabytes(*devices):
    """Written per second by the slowest device."""
    return lambda results: min(gbps(device, "write")(results) for device in devices) / 8


def bytes_up(link):
    """With headers and framing. Links that nothing used are not in the results."""
    return lambda results: results["statistics"]["links"].get(f"{link} up", {}).get("bytes", {}).get("value", 0)


def share_landed(kind):
    return lambda results: results["summary"]["landed"].get(kind, 0) / results["summary"]["accesses"]


def simulated_ns(results):
    return results["summary"]["simulated_ns"]
