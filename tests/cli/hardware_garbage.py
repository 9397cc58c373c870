#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever stands in the tables and queues of the IOMMU, a run ends, and with the architected fault.

A processor writes garbage where the driver keeps its tables (`explain` tells where) or gives the unit a queue of its
own; then the device does DMA. Oracle: VT-d specification 7.1.3 (fault reasons) and 6.5.2 (queue errors).
Usage: hardware_garbage.py BINARY SOURCE_DIR
"""
import command

PLATFORM = "msi-window-swallow"
ADDRESS = 0xFEC0_0000  # mapped to the buffer `frames`
UNIT = 0xFED9_0000
GCMD, RTADDR, IQT, IQA = UNIT + 0x18, UNIT + 0x20, UNIT + 0x88, UNIT + 0x90
TRANSLATE, SET_ROOT, USE_QUEUE = 1 << 31, 1 << 30, 1 << 26
PRESENT = 0x3  # read and write
NOWHERE = 0x3F_FFFF_F000  # inside the host address width, but no memory
QUEUE = 0x4000_0000  # in DRAM, used by nobody
SLOTS, SLOT = 256, 16
WAIT, RESERVED = 0x5, 0xF  # descriptor types; a wait without SW and IF does nothing
BEYOND_QUEUE = 0x7FF0


def store(address, value, size=8):
    return f"0ns cpu write {address:#x} {size} {value:#x}\n"


def dma(operation="write", address=ADDRESS):
    return f"1us nic0 {operation} {address:#x} 64\n"


def table_words(iommusim):
    """Address and value of each table word of the walk, by its name."""
    explanation = iommusim.explanation(iommusim.platform(PLATFORM), "--device", "nic0", "--address", hex(ADDRESS))
    return {w["what"]: (int(w["address"], 16), int(w["value"].split("_")[-1].removeprefix("0x"), 16))
            for w in explanation["table_words"]}


def replay(iommusim, trace):
    return iommusim.results(iommusim.platform(PLATFORM), iommusim.file("garbage.trace", trace))


def expect_fault(iommusim, checks, what, trace, reason):
    results = replay(iommusim, trace)
    checks.equal([f["reason"] for f in results["faults"]], [hex(reason)], f"{what}: faults")
    checks.equal(results["summary"]["landed"], {"iommu-fault": 1}, f"{what}: landed")


def tables_that_loop(iommusim, checks):
    words = table_words(iommusim)
    pdpt = words["PML4E"][1] & ~0xFFF
    pdpte = words["PDPTE"][0]
    # The PDPT stands in as page directory, where the index of this address finds nothing.
    loop = store(pdpte, pdpt | PRESENT)
    expect_fault(iommusim, checks, "a PDPTE that points to its own table, write", loop + dma("write"), 0x5)
    expect_fault(iommusim, checks, "a PDPTE that points to its own table, read", loop + dma("read"), 0x6)

    # Address 0 uses entry 0 on all four levels: the walk ends after four words, in the table itself.
    top = words["PML4E"][0] & ~0xFFF
    results = replay(iommusim, store(top, top | PRESENT) + dma("read", 0))
    checks.equal(results["summary"]["landed"], {"memory": 1}, "a PML4E that points to itself: landed")
    checks.equal([c["landed"]["address"] for c in results["collisions"]], [hex(top)],
                 "a PML4E that points to itself: where")
    checks.equal(results["iommus"]["dmar0"]["table_fetches"], 6, "a PML4E that points to itself: words fetched")


def tables_outside_memory(iommusim, checks):
    words = table_words(iommusim)
    for name in ("PML4E", "PDPTE"):
        expect_fault(iommusim, checks, f"a {name} that points outside memory",
                     store(words[name][0], NOWHERE | PRESENT) + dma(), 0x7)
    context, low = words["context entry"][0], 0x1
    expect_fault(iommusim, checks, "a context entry that points outside memory",
                 store(context, NOWHERE | low) + dma(), 0x3)
    expect_fault(iommusim, checks, "a root entry that points outside memory",
                 store(words["root entry"][0], NOWHERE | 1) + dma(), 0x9)
    set_root = store(RTADDR, NOWHERE) + store(GCMD, TRANSLATE | SET_ROOT | USE_QUEUE, 4)
    expect_fault(iommusim, checks, "a root table outside memory", set_root + dma(), 0x8)


def tables_of_garbage(iommusim, checks):
    words = table_words(iommusim)
    ones = (1 << 64) - 1
    for name, reason in (("root entry", 0xA), ("context entry", 0xB), ("PML4E", 0xC), ("PDPTE", 0xC)):
        expect_fault(iommusim, checks, f"a {name} of ones", store(words[name][0], ones) + dma(), reason)
    for name, reason in (("root entry", 0x1), ("context entry", 0x2), ("PML4E", 0x5), ("PDPTE", 0x5)):
        expect_fault(iommusim, checks, f"a {name} of zeros", store(words[name][0], 0) + dma(), reason)


def a_leaf_outside_memory(iommusim, checks):
    words = table_words(iommusim)
    leaf, value = list(words.values())[-1]
    results = replay(iommusim, store(leaf, (value & 0xFFF) | (NOWHERE & ~0x1F_FFFF)) + dma())
    checks.equal(results["summary"]["landed"], {"rejected": 1}, "a leaf that points outside memory: landed")


def own_queue():
    """The unit takes its descriptors from QUEUE, a page of waits that do nothing."""
    text = store(GCMD, TRANSLATE, 4) + store(IQA, QUEUE)
    text += "".join(store(QUEUE + slot * SLOT, WAIT) for slot in range(SLOTS))
    return text + store(GCMD, TRANSLATE | USE_QUEUE, 4)


def queues_that_wrap(iommusim, checks):
    before = replay(iommusim, dma())["iommus"]["dmar0"]["invalidation_descriptors"]
    full = own_queue() + store(IQT, (SLOTS - 1) * SLOT, 4)

    def executed(results):
        return results["iommus"]["dmar0"]["invalidation_descriptors"] - before

    wrapped = replay(iommusim, full + store(IQT, 5 * SLOT, 4) + dma())
    checks.equal(executed(wrapped), SLOTS - 1 + 6, "a queue that wraps onto good descriptors: executed")

    garbage = full + store(QUEUE, RESERVED) + store(IQT, 5 * SLOT, 4)
    stopped = replay(iommusim, garbage + dma())
    checks.equal(executed(stopped), SLOTS, "a queue that wraps onto garbage: stops there")
    checks.equal(stopped["summary"]["landed"], {"memory": 1}, "a queue that wraps onto garbage: translation goes on")
    checks.equal(stopped["collisions"], [], "a queue that wraps onto garbage: collisions")

    # The driver's next invalidation does not get through; the run goes on without it.
    given_up = replay(iommusim, garbage + "1us nic0 unmap 0xfec0_0000 4MiB\n" + dma())
    checks.equal(executed(given_up), SLOTS, "an invalidation after IQE: executed")

    beyond = replay(iommusim, own_queue() + store(IQT, BEYOND_QUEUE, 4) + dma())
    checks.equal(beyond["summary"]["landed"], {"memory": 1}, "a tail beyond the queue: translation goes on")
    nowhere = store(GCMD, TRANSLATE, 4) + store(IQA, NOWHERE) + store(GCMD, TRANSLATE | USE_QUEUE, 4)
    nowhere += store(IQT, 4 * SLOT, 4)
    checks.equal(executed(replay(iommusim, nowhere + dma())), 0, "a queue outside memory: executed")


def devices_outside_everything(iommusim, checks):
    trace = "".join(f"{i}us nic0 {operation} {address:#x} 64\n" for i, (operation, address) in enumerate(
        (operation, address) for operation in ("read", "write")
        for address in (0x8000_0000, NOWHERE, 1 << 47, 1 << 63, (1 << 64) - 64)))
    results = replay(iommusim, trace)
    checks.equal(results["summary"]["landed"], {"iommu-fault": 10}, "DMA outside everything: landed")
    checks.equal(results["summary"]["collisions"], {"total": 10, "translation-fault": 10},
                 "DMA outside everything: collisions")
    bare = iommusim.results(iommusim.platform(PLATFORM), iommusim.file("outside.trace", trace), "--set",
                            "host_bridges.pcie0.iommu=none", "--set", "software.domains=[]")
    checks.equal(bare["summary"]["landed"], {"rejected": 10}, "DMA outside everything without IOMMU: landed")


def test(iommusim, checks):
    for check in (tables_that_loop, tables_outside_memory, tables_of_garbage, a_leaf_outside_memory, queues_that_wrap,
                  devices_outside_everything):
        check(iommusim, checks)


command.main(test)
