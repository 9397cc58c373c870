#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad input gives one message with its position, exit code 2, and no output file.

Oracle: the positions, found by searching the damaged text; docs/platform-format.md and docs/trace-format.md.
Usage: bad_input.py BINARY SOURCE_DIR
"""
import re

import command

PLATFORM = "msi-window-swallow"
MEBIBYTE = 1 << 20


def refused(iommusim, checks, what, arguments, place):
    """Runs what must fail; `place` is how the message must begin behind the name of the program."""
    before = iommusim.files()
    done = iommusim.run(*arguments)
    checks.equal(done.returncode, 2, f"{what}: exit code")
    checks.expect(command.MESSAGE.fullmatch(done.stderr), f"{what}: not one message: {done.stderr!r}")
    checks.expect(done.stderr.startswith(f"iommusim: {place}: "), f"{what}: not at {place}: {done.stderr!r}")
    checks.equal(iommusim.files(), before, f"{what}: files in the folder")


def run(platform, *more):
    return ("run", platform, *more, "--json", "out.json")


def place_of(file, text, needle):
    """FILE:LINE:COLUMN of the first `needle`; without one, of the end of the last line."""
    at = text.index(needle) if needle else len(text.rstrip("\n"))
    line_begin = text.rfind("\n", 0, at) + 1
    return f"{file}:{text.count(chr(10), 0, at) + 1}:{at - line_begin + 1}"


def damaged_platforms(good):
    """What is wrong, the text, and the words at which the message must point."""
    def changed(old, new):
        assert good.count(old) >= 1, old
        return good.replace(old, new, 1)

    yield "wrong type", re.sub(r"memory:\n(  - .*\n)+", "memory: 4GiB\n", good), "4GiB"
    yield "a number that is none", changed("size: 2GiB", "size: two"), "two"
    yield "unknown key", changed("platform:", "colour: red\nplatform:"), "colour"
    yield "unknown key deep inside", changed("class: ethernet", "clazz: ethernet"), "clazz"
    yield "overlapping BARs", changed("base: 0x9080_0000", "base: 0x9000_8000"), "0x9000_8000"
    yield "a size that is no power of two", changed("size: 8MiB", "size: 9MiB"), "9MiB"
    yield ("a BAR outside the window of its port",
           changed("acs: linux", "acs: linux\n        window: {base: 0x9000_0000, size: 8MiB}"), "0x9080_0000")
    yield ("a window outside its parent",
           changed("acs: linux", "acs: linux\n        window: {base: 0x8800_0000, size: 160MiB}"), "{base: 0x8800")
    assigned = changed("iommu: dmar0", "firmware: assign\n    iommu: dmar0")
    yield "a BAR base that firmware assigns", assigned, "0x9000_0000, size: 8MiB"
    without_bases = re.sub(r"(bar: \d), base: \w+", r"\1", assigned)
    yield "a BAR larger than firmware's windows", without_bases.replace("size: 8MiB", "size: 512MiB"), "name: nic0"
    yield "too few buses for firmware", without_bases.replace("[0x00, 0x0f]", "[0x00, 0x00]"), "name: rp0"
    yield "a BAR outside the host bridge", changed("base: 0x9080_0000", "base: 0xa100_0000"), "0xa100_0000"
    yield "an inbound window of half a page", changed("iommu: dmar0", "inbound: [{base: 0x800, size: 4KiB}]"), "0x800"
    yield "a VT-d unit that cannot exist", changed("type: vt-d", "type: vt-d\n    domain_id_bits: 0b111"), "0b111"
    yield "DPC in an endpoint", changed("- name: nic0", "- dpc: {}\n            name: nic0"), "dpc: {}"
    yield "a duplicate name", changed("name: dram-high", "name: dram-low"), "dram-low, base: 4GiB"
    yield "a duplicate device name", changed("- name: nic0", "- name: rp0"), "rp0\n            type: endpoint"
    yield "a mapping of an unknown buffer", changed("buffer: frames", "buffer: fames"), "fames"
    yield "overlapping memories", changed("base: 4GiB, size: 4GiB", "base: 1GiB, size: 1GiB"), "1GiB"
    yield "a domain of an unknown device", changed("devices: [nic0]", "devices: [nic1]"), "nic1"
    yield "a duplicate key", changed("trace:", "text: again\ntrace:"), "text: again"


def platforms_are_checked(iommusim, checks):
    good = iommusim.platform(PLATFORM).read_text().replace("../traces/", "")
    for what, text, needle in damaged_platforms(good):
        file = iommusim.file("damaged.yaml", text)
        place = place_of(file, text, needle)
        refused(iommusim, checks, what, run(file), place)
        refused(iommusim, checks, f"validate, {what}", ("validate", file), place)


def damaged_traces():
    good = "0ns nic0 write 0xfec0_0000 64\n"
    yield "an unknown device", good + "1us ghost write 0xfec0_0000 64\n", "ghost"
    yield "an unknown buffer", good + "1us nic0 map 0x1000 4KiB nowhere rw\n", "nowhere"
    yield "an access by a port", good + "1us rp0 write 0xfec0_0000 64\n", "rp0"
    yield "a bad number", good + "1us nic0 write 0xzz 64\n", "0xzz"
    yield "a number beyond 64 bits", good + "1us nic0 write 0x1_0000_0000_0000_0000 64\n", "0x1_0000"
    yield "a time without unit", good + "17 nic0 write 0xfec0_0000 64\n", "17 "
    yield "time going backwards", "2us nic0 write 0xfec0_0000 64\n1us nic0 write 0xfec0_0000 64\n", "1us"
    yield "an unknown operation", good + "1us nic0 wirte 0xfec0_0000 64\n", "wirte"
    yield "an operation cut off", good + "1us nic0 write 0xfec0_0000\n", None
    yield "a mapping that covers another", good + "1us nic0 map 0xfec0_0000 4KiB frames rw\n", "0xfec0_0000 4KiB"
    yield "a poisoned read", good + "1us nic0 read 0xfec0_0000 64 poisoned\n", "poisoned"
    yield ("egress blocking in a port without it", good + "1us rp0 set dpc.poisoned-egress-blocking on\n",
           "dpc.poisoned-egress-blocking")
    yield "a vector that the function does not have", good + "1us nic0 msi 2047\n", "2047"


def traces_are_checked(iommusim, checks):
    platform = iommusim.platform(PLATFORM)
    for what, text, needle in damaged_traces():
        file = iommusim.file("damaged.trace", text)
        refused(iommusim, checks, what, run(platform, file), place_of(file, text, needle))
    long_line = "0ns nic0 write 0xfec0_0000 64\n" + "x" * MEBIBYTE + "\n"
    refused(iommusim, checks, "a line of 1 MB", run(platform, iommusim.file("long.trace", long_line)), "long.trace:2")
    without_end = iommusim.file("open.trace", "0ns nic0 write 0xfec0_0000 64")
    checks.equal(iommusim.results(platform, without_end)["summary"]["operations"], 1, "a last line without end")


def files_are_checked(iommusim, checks):
    platform = iommusim.platform(PLATFORM)
    binary = bytes(range(256)) * 64
    empty, garbage = iommusim.file("empty", ""), iommusim.file("garbage", binary)
    comments = iommusim.file("comments.trace", "# nothing happens\n\n")
    cut = iommusim.file("cut.trace.zst", (iommusim.source / "traces/linux-vtd-capture.trace.zst").read_bytes()[:1000])
    capture = iommusim.source / "tests/data/captures/vtd-legacy-strict"
    (iommusim.folder / "folder").mkdir()
    for what, file, place in (("missing", "missing", "missing"), ("empty", empty, "empty:1:1"),
                              ("garbage", garbage, "garbage:1:1"), ("a folder", "folder", "folder"),
                              ("cut", cut, cut)):
        refused(iommusim, checks, f"platform: {what}", run(file), place)
    for what, file, place in (("missing", "missing", "missing"), ("empty", empty, empty),
                              ("nothing but comments", comments, comments), ("garbage", garbage, "garbage:1:1"),
                              ("a folder", "folder", "folder"), ("cut", cut, cut)):
        refused(iommusim, checks, f"trace: {what}", run(platform, file), place)
        refused(iommusim, checks, f"convert: {what}", ("trace", "convert", file, "out.trace"), place)
        refused(iommusim, checks, f"info: {what}", ("trace", "info", file), place)
    for what, file, place in (("missing", "missing", "missing"), ("empty", empty, empty),
                              ("garbage", garbage, "garbage:1:1"), ("a folder", "folder", "folder"),
                              ("cut", cut, cut)):
        refused(iommusim, checks, f"cases: {what}", ("conform", file), place)
        refused(iommusim, checks, f"answers: {what}", ("translate", capture, "--check", file), place)


def outputs_are_checked(iommusim, checks):
    platform = iommusim.platform(PLATFORM)
    explain = ("explain", platform, "--device", "nic0", "--address", "0xfec0_0000", "--json")
    for target in ("nowhere/out.json", "."):
        refused(iommusim, checks, f"--json {target}", ("run", platform, "--json", target), target)
        refused(iommusim, checks, f"explain --json {target}", (*explain, target), target)
    trace = iommusim.source / "traces" / f"{PLATFORM}.trace"
    refused(iommusim, checks, "convert to nowhere", ("trace", "convert", trace, "nowhere/out.trace"),
            "nowhere/out.trace")
    kept = iommusim.file("out.json", "from the run before")
    refused(iommusim, checks, "a run that fails", run(platform, "--set", "nonsense"), "--set nonsense")
    refused(iommusim, checks, "a run that fails late", run(platform, iommusim.file(
        "late.trace", "0ns nic0 write 0xfec0_0000 64\n1us ghost read 0 4\n")), "late.trace:2:5")
    checks.equal((iommusim.folder / kept).read_text(), "from the run before", "the results of the run before")


def settings_are_checked(iommusim, checks):
    platform = iommusim.platform(PLATFORM)
    for setting in ("nonsense", "a.b.c=1", "host_bridges.pcie9.iommu=none", "devices.ghost.acs=none", "=1", "memory=",
                    "software.domains.user.mappings.0.iova=banana", "software.domains.user.mappings.7.iova=0"):
        refused(iommusim, checks, f"--set {setting}", run(platform, "--set", setting), f"--set {setting}")
    refused(iommusim, checks, "--fail-on nonsense", run(platform, "--fail-on", "nonsense"), "--fail-on")


def test(iommusim, checks):
    for check in (platforms_are_checked, traces_are_checked, files_are_checked, outputs_are_checked,
                  settings_are_checked):
        check(iommusim, checks)


command.main(test)
