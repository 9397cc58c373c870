#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every kind of collision, and the accesses that look like one but land as intended.

Oracle: the table of docs/collisions.md, and the specification that it cites.
Usage: collision_kinds.py BINARY SOURCE_DIR
"""
import json

import jsonschema

import command

SWITCH, TWIN, WINDOW = "nic-behind-non-acs-switch", "nic-behind-acs-switch", "msi-window-swallow"
GPU_BAR = 0x38_0000_0000
TX_POOL = 0x1_0000_0000  # IOVA of nic0, mapped to physical 0x1_8000_0000
GPU_QUEUES = 0x2_0000_0000  # physical, mapped for gpu0 alone
ORDINARY = 0x3_0000_0000  # physical, in nobody's domain
NO_DOMAINS = "software.domains=[]"
NIC_IS_IDENTITY = "software.domains=[{name: all, type: identity, devices: [nic0]}]"
NIC_IS_BLOCKED = "software.domains=[{name: none-at-all, type: blocked, devices: [nic0]}]"


def store_leaf(iommusim, platform, address, physical):
    """A trace line that lets the leaf of nic0's mapping at `address` lead elsewhere, behind the driver's back."""
    explanation = iommusim.explanation(iommusim.platform(platform), "--device", "nic0", "--address", hex(address))
    leaf = int(explanation["table_words"][-1]["address"], 16)
    return f"0ns cpu write {leaf:#x} 8 {physical | 0x83:#x}\n"


def scenarios(iommusim):
    """What happens, platform, trace, settings, the kinds that must be found."""
    yield "DMA into a sibling's BAR", SWITCH, f"1us nic0 write {GPU_BAR:#x} 64\n", [], ["peer-hijack"]
    yield "the same with ACS", TWIN, f"1us nic0 write {GPU_BAR:#x} 64\n", [], []
    yield ("DMA into a sibling's BAR that the switch takes while ACS is switched off at run time", TWIN,
           f"1us sw0-dp0 set acs.p2p-request-redirect off\n2us nic0 write {GPU_BAR:#x} 64\n", [], ["peer-hijack"])

    yield ("a peer's BAR that was mapped, reached", TWIN,
           f"1us nic0 map 0x50_0000_0000 4KiB {GPU_BAR:#x} rw\n2us nic0 write 0x50_0000_0000 64\n", [], [])
    yield ("a peer by its bus address, below a root port that does not turn requests round", TWIN,
           f"1us nic0 write {GPU_BAR:#x} 64\n", ["devices.rp0.acs=none", NIC_IS_IDENTITY], ["peer-blocked"])

    yield ("a descriptor write-back in the interrupt window", WINDOW,
           "1us nic0 write 0xfee0_1000 4 data=99000000\n", [], ["interrupt-swallow"])
    yield "a packet in the interrupt window", WINDOW, "1us nic0 write 0xfee0_1000 64\n", [], ["interrupt-swallow"]
    yield "a read in the interrupt window", WINDOW, "1us nic0 read 0xfee0_1000 64\n", [], ["interrupt-swallow"]

    yield ("a message that no driver programmed", TWIN, "1us nic0 raw-write 0xfee0_2000 0x77\n", [],
           ["interrupt-forged"])
    yield ("the same from a blocked device", TWIN, "1us nic0 raw-write 0xfee0_2000 0x77\n", [NIC_IS_BLOCKED],
           ["interrupt-forged"])
    yield "the message that a driver programmed", TWIN, "1us nic0 raw-write 0xfee0_2000 0x41\n", [], []

    yield ("an MSI of a function that is no bus master", TWIN, "1us nic0 set bus-master off\n2us nic0 msi 0\n", [],
           ["doorbell-lost"])
    yield ("an MSI of a function whose MSI is off", TWIN, "1us nic0 set msi off\n2us nic0 msi 0\n", [],
           ["doorbell-lost"])

    yield "a poisoned MSI", TWIN, "1us nic0 msi 0 poisoned\n", [], ["doorbell-lost"]
    yield "poisoned data for memory", TWIN, f"1us nic0 write {TX_POOL:#x} 64 poisoned\n", [], ["window-hole"]
    yield ("poisoned data for a peer's BAR that was mapped", TWIN,
           f"1us nic0 map 0x50_0000_0000 4KiB {GPU_BAR:#x} rw\n2us nic0 write 0x50_0000_0000 64 poisoned\n", [],
           ["peer-blocked"])

    yield ("DMA above the inbound window", TWIN, f"1us nic0 write {TX_POOL:#x} 64\n",
           ["host_bridges.pcie0.inbound=[{base: 0, size: 4GiB}]"], ["window-hole"])

    once = "1us nic0 map 0x50_0000_0000 4KiB 0x3_0000_0000 rw\n2us nic0 write 0x50_0000_0000 64\n"
    again = "4us nic0 write 0x50_0000_0000 64\n"
    forgot = once + "3us nic0 unmap 0x50_0000_0000 4KiB no-invalidate\n"
    yield "DMA after an unmap without invalidation", TWIN, forgot + again, [], ["stale-translation"]
    yield ("DMA to the page that follows an unmap without invalidation", TWIN,
           forgot + "3us nic0 map 0x50_0000_0000 4KiB 0x3_0000_1000 rw\n" + again, [], ["stale-translation"])
    yield ("DMA to the page that follows two unmaps without invalidation", TWIN,
           forgot + "3us nic0 map 0x50_0000_0000 4KiB 0x3_0000_1000 rw\n3us nic0 unmap 0x50_0000_0000 4KiB "
           "no-invalidate\n3us nic0 map 0x50_0000_0000 4KiB 0x3_0000_2000 rw\n" + again, [], ["stale-translation"])
    yield ("a write after the right to write was withdrawn without invalidation", TWIN,
           forgot + "3us nic0 map 0x50_0000_0000 4KiB 0x3_0000_0000 r\n" + again, [], ["stale-translation"])
    yield ("the same without IOTLB", TWIN, forgot + again, ["iommus.dmar0.iotlb.entries=0"], ["translation-fault"])
    yield ("a late invalidation", TWIN, forgot + "3us nic0 invalidate 0x50_0000_0000 4KiB\n" + again, [],
           ["translation-fault"])
    yield "DMA after an unmap", TWIN, once + "3us nic0 unmap 0x50_0000_0000 4KiB\n" + again, [], ["translation-fault"]

    foreign = store_leaf(iommusim, TWIN, TX_POOL, GPU_QUEUES)
    yield ("a table entry that leads into another domain", TWIN, foreign + f"1us nic0 write {TX_POOL:#x} 64\n", [],
           ["isolation-breach"])
    stray = store_leaf(iommusim, TWIN, TX_POOL, ORDINARY)
    yield ("a table entry that leads to other memory", TWIN, stray + f"1us nic0 read {TX_POOL:#x} 64\n", [],
           ["wrong-memory"])

    yield ("DMA to an address that was never mapped", TWIN, "1us nic0 read 0x60_0000_0000 64\n", [],
           ["translation-fault"])
    yield ("a write to a mapping for reading", TWIN,
           "1us nic0 map 0x50_0000_0000 4KiB 0x3_0000_0000 r\n2us nic0 write 0x50_0000_0000 64\n", [],
           ["translation-fault"])
    yield ("a read of a mapping for reading", TWIN,
           "1us nic0 map 0x50_0000_0000 4KiB 0x3_0000_0000 r\n2us nic0 read 0x50_0000_0000 64\n", [], [])

    yield "DMA of a blocked device", TWIN, f"1us nic0 write {TX_POOL:#x} 64\n", [NIC_IS_BLOCKED], []
    yield "DMA of a device without domain", TWIN, f"1us nic0 write {TX_POOL:#x} 64\n", [NO_DOMAINS], []
    yield "DMA of an identity domain", TWIN, f"1us nic0 write {ORDINARY:#x} 64\n", [NIC_IS_IDENTITY], []
    yield ("DMA without an IOMMU", TWIN, f"1us nic0 write {ORDINARY:#x} 64\n",
           [NO_DOMAINS, "host_bridges.pcie0.iommu=none"], [])
    yield ("DMA of a blocked device into a sibling's BAR", SWITCH, f"1us nic0 write {GPU_BAR:#x} 64\n",
           [NIC_IS_BLOCKED], ["isolation-breach"])

    # 256-byte TLPs from 0x37_ffff_ff80: the first half lands in rx-rings, the second in the accelerator.
    yield ("one access whose second half meets a BAR", SWITCH, f"1us nic0 write {GPU_BAR - 128:#x} 256\n", [],
           ["peer-hijack"])
    yield "one large access counts once", SWITCH, f"1us nic0 write {GPU_BAR:#x} 1MiB\n", [], ["peer-hijack"]


def found(results):
    return sorted(kind for kind in results["summary"]["collisions"] if kind != "total")


def test(iommusim, checks):
    seen = set()
    validator = jsonschema.Draft202012Validator(json.loads((iommusim.source / "docs/results.schema.json").read_text()))
    for what, platform, trace, settings, expected in scenarios(iommusim):
        file = iommusim.file("scenario.trace", trace)
        overrides = [word for setting in settings for word in ("--set", setting)]
        results = iommusim.results(iommusim.platform(platform), file, *overrides)
        checks.equal(found(results), expected, what)
        checks.equal(results["summary"]["collisions"]["total"], len(expected), f"{what}: total")
        checks.equal([error.message for error in validator.iter_errors(results)], [], f"{what}: schema")
        seen.update(expected)
    checks.equal(len(seen), 10, "kinds that these scenarios show")


command.main(test)
