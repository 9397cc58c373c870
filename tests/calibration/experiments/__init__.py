# SPDX-License-Identifier: Apache-2.0
"""The experiments: how each line of expected.csv is measured."""
from experiments import bandwidth, fabric, host, interrupts, iotlb, latency, link, tenancy

# Number: title, and what makes points of its lines.
DEMANDED = {
    "1": ("Link arithmetic, 2.5GT/s to 32GT/s, x1 to x16", link.arithmetic),
    "2": ("Link efficiency on real hosts", link.efficiency),
    "3": ("Generation scaling, peer-to-peer", fabric.generations),
    "4": ("Small writes: issue limit of the device", bandwidth.by_size),
    "5": ("Read bandwidth by size: bounded tags", bandwidth.by_size),
    "6": ("Mixed reads and writes", bandwidth.by_size),
    "7": ("Read latency by size", latency.by_size),
    "8": ("Posted ordering: write, then read", latency.write_then_read),
    "9": ("Cache and window", latency.by_window),
    "10": ("Memory of the other socket", host.remote_socket),
    "11": ("IOTLB: latency by window", iotlb.latency),
    "12": ("IOTLB: bandwidth by window", iotlb.bandwidth),
    "13": ("Superpages", iotlb.superpages),
    "14": ("One walk at a time for each 2 MiB region", iotlb.serialised),
    "15": ("Strict-mode NIC at 100 Gb/s", host.strict_nic),
    "16": ("Write credits of the host", host.write_credits),
    "17": ("Switch hop", fabric.switch_hop),
    "18": ("Peer-to-peer and ACS", fabric.peer_to_peer),
    "19": ("Tenancy: guests behind one device TLB", tenancy.tenancy),
    "20": ("Invalidation cost", host.invalidation),
    "21": ("Interrupt load with posting, attempted", interrupts.posting),
}
# What nobody asked for: the same measurements on the other machines, and one that no parameter was fitted to.
FURTHER = {
    "7b": ("Read latency by size, other hosts", latency.by_size),
    "11b": ("IOTLB: latency by window, other hosts", iotlb.latency),
    "12b": ("IOTLB: bandwidth by window, other sizes and hosts", iotlb.bandwidth),
    "14b": ("One walk for each region, other sizes", iotlb.bandwidth),
    "withheld": ("Predicted from base latency, reach and penalty", iotlb.withheld),
}
ABSENT = {}
