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


def written_gbps(results):
    """Payload of all devices together, over the counted time."""
    statistics = results["statistics"]
    written = sum(device["written_bytes"]["value"] for device in statistics["devices"].values())
    return written * 8 / statistics["counted"]["value"]


def translation_latency_ns(results):
    """Mean of all translation requests of all devices."""
    latencies = [device["translation_latency"] for device in results["statistics"]["devices"].values()]
    requests = sum(latency["count"]["value"] for latency in latencies)
    return sum(latency["mean"]["value"] * latency["count"]["value"] for latency in latencies) / requests


def reads_of_a_walk(iommu):
    def figure(results):
        unit = results["statistics"]["iommus"][iommu]
        return unit["walk_reads"]["value"] / unit["walks"]["value"]
    return figure


def notified_share(iommu):
    """Notifications for each posted interrupt."""
    def share(results):
        posting = results["statistics"]["posted_interrupts"][iommu]
        return posting["notified"]["value"] / posting["posted"]["value"]
    return share
