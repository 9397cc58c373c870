#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""validate --dump-acpi writes a DMAR table, or an IORT, that iasl reads without complaint, and that tells what the platform
has.

Oracle: iasl of acpica-tools; the layouts of the VT-d sheet, section 9, and of Arm DEN 0049E.d, read here a second time.
Usage: dump_acpi.py BINARY SOURCE_DIR
"""
import collections
import shutil
import struct
import subprocess
import sys

import yaml

import command

IASL = shutil.which("iasl")

TWO_UNITS = """platform: two-units
memory: [{name: dram, base: 0, size: 2GiB}]
host_bridges:
  - name: pcie0
    buses: [0x00, 0x7f]
    windows: [{base: 0x9000_0000, size: 256MiB}]
    iommu: dmar1
    devices:
      - {name: gfx0, type: root-complex-endpoint, at: 02.0}
      - {name: audio0, type: root-complex-endpoint, at: 1f.0}
      - name: rp0
        type: root-port
        at: 1c.0
        devices:
          - name: sw0
            type: upstream-port
            devices:
              - {name: dp0, type: downstream-port, at: 01.0, devices: [{name: nic0, type: endpoint, ats: true}]}
      - {name: rp1, type: root-port, at: 1d.0, devices: [{name: usb0, type: endpoint}]}
  - name: platform0
    buses: [0xf0, 0xf0]
    iommu: dmar1
    devices: [{name: ioapic0, type: io-apic, at: 1f.0}]
iommus:
  - {name: dmar1, type: vt-d, registers: 0xfed9_1000, interrupt_remapping: true, proximity_domain: 1,
     namespace_devices: [{object: '\\_SB.I2C0', number: 1, at: 'f1:15.0'}],
     rmrrs: [{base: 0x7000_0000, size: 64KiB, devices: [nic0, usb0]}]}
  - {name: dmar0, type: vt-d, registers: 0xfed8_0000, interrupt_remapping: true, scope: [gfx0], host_address_width: 39,
     guest_address_width: 39, table_levels: [3], fault_record_offset: 0x1000,
     rmrrs: [{base: 0x7800_0000, size: 8MiB, devices: [gfx0]}]}
"""


def scopes_of(data):
    """[(type, enumeration id, start bus, [(device, function), ...])]."""
    scopes = []
    while data:
        kind, length, flags, enumeration, bus = struct.unpack_from("<BBHBB", data)
        assert flags == 0 and length % 2 == 0
        path = [tuple(data[at:at + 2]) for at in range(6, length, 2)]
        scopes.append((kind, enumeration, bus, path))
        data = data[length:]
    return scopes


def structures_of(table):
    """[(type, bytes after type and length)] of a table whose header is right."""
    signature, length, revision = struct.unpack_from("<4sIB", table)
    assert (signature, length, revision) == (b"DMAR", len(table), 1), table[:9]
    assert sum(table) % 256 == 0, "checksum"
    structures, at = [], 48
    while at < len(table):
        kind, length = struct.unpack_from("<HH", table, at)
        structures.append((kind, table[at + 4:at + length]))
        at += length
    return structures


Node = collections.namedtuple("Node", "kind revision data mappings flags")
ITS_GROUP, ROOT_COMPLEX, SMMU, RESERVED_MEMORY = 0, 2, 4, 6


def nodes_of(table):
    """{offset: node} of an IORT whose header is right; a mapping is (input, count, output, offset of the target)."""
    signature, length, revision = struct.unpack_from("<4sIB", table)
    assert (signature, length, revision) == (b"IORT", len(table), 6), table[:9]
    assert sum(table) % 256 == 0, "checksum"
    count, at = struct.unpack_from("<II", table, 36)
    nodes = {}
    while at < len(table):
        kind, length, revision, _, mappings, offset = struct.unpack_from("<BHBIII", table, at)
        ids = [struct.unpack_from("<IIIII", table, at + offset + 20 * i) for i in range(mappings)]
        nodes[at] = Node(kind, revision, table[at + 16:at + (offset if mappings else length)],
                         [(first, less_one + 1, output, target) for first, less_one, output, target, _ in ids],
                         [flags for *_, flags in ids])
        at += length
    assert len(nodes) == count, f"{len(nodes)} nodes of {count}"
    return nodes


def dump(iommusim, checks, platform):
    done = iommusim.run("validate", platform, "--dump-acpi", "DMAR.dat")
    checks.equal((done.returncode, done.stderr), (0, ""), f"{platform}: the dump")
    if done.returncode != 0:
        sys.exit(f"{platform}: {done.stderr}")
    read = subprocess.run([IASL, "-d", "DMAR.dat"], cwd=iommusim.folder, capture_output=True, text=True, timeout=60)
    text = read.stdout + read.stderr
    checks.equal(read.returncode, 0, f"{platform}: iasl: {text}")
    for word in ("Error", "Warning", "Invalid", "Could not", "Unknown"):
        checks.expect(word not in text, f"{platform}: iasl says {word}: {text}")
    source = (iommusim.folder / "DMAR.dsl").read_text()
    for word in ("**** ", "Unknown", "Invalid"):
        checks.expect(word not in source, f"{platform}: iasl writes {word}")
    table = (iommusim.folder / "DMAR.dat").read_bytes()
    for name in ("DMAR.dat", "DMAR.dsl"):
        (iommusim.folder / name).unlink()
    return table


def every_platform_is_read(iommusim, checks):
    for platform in sorted((iommusim.source / "platforms").rglob("*.yaml")):
        units = yaml.safe_load(platform.read_text()).get("iommus", [])
        if any(unit["type"] == "smmuv3" for unit in units):
            nodes = nodes_of(dump(iommusim, checks, platform))
            bases = [struct.unpack_from("<Q", node.data)[0] for node in nodes.values() if node.kind == SMMU]
            checks.equal(sorted(bases), sorted(unit["registers"] for unit in units), f"{platform.stem}: SMMUs")
            continue
        if not units:
            done = iommusim.run("validate", platform, "--dump-acpi", "DMAR.dat")
            checks.equal(done.returncode, 2, f"{platform.stem}: a table without units")
            continue
        structures = structures_of(dump(iommusim, checks, platform))
        bases = [struct.unpack_from("<BBHQ", body)[3] for kind, body in structures if kind == 0]
        checks.equal(sorted(bases), sorted(unit["registers"] for unit in units), f"{platform.stem}: units")


def two_units_are_told_apart(iommusim, checks):
    iommusim.file("two.yaml", TWO_UNITS)
    table = dump(iommusim, checks, "two.yaml")
    checks.equal((table[36] + 1, table[37]), (48, 1), "host address width and INTR_REMAP")
    structures = structures_of(table)
    checks.equal([kind for kind, _ in structures], [0, 0, 1, 1, 2, 3, 4], "structures")
    drhds = [body for kind, body in structures if kind == 0]
    # The unit for the rest comes last; its I/O APIC and ACPI device are named all the same.
    checks.equal(struct.unpack_from("<BBHQ", drhds[0]), (0, 1, 0, 0xFED8_0000), "DRHD of dmar0, two register pages")
    checks.equal(scopes_of(drhds[0][12:]), [(1, 0, 0, [(2, 0)])], "scope of dmar0")
    checks.equal(struct.unpack_from("<BBHQ", drhds[1]), (1, 0, 0, 0xFED9_1000), "DRHD of dmar1")
    checks.equal(scopes_of(drhds[1][12:]), [(3, 0, 0xF0, [(0x1F, 0)]), (5, 1, 0xF1, [(0x15, 0)])], "scope of dmar1")
    regions = [body for kind, body in structures if kind == 1]
    checks.equal(struct.unpack_from("<HHQQ", regions[0]), (0, 0, 0x7000_0000, 0x7000_FFFF), "RMRR of dmar1")
    checks.equal(scopes_of(regions[0][20:]),
                 [(1, 0, 0, [(0x1C, 0), (0, 0), (1, 0), (0, 0)]), (1, 0, 0, [(0x1D, 0), (0, 0)])], "its devices")
    checks.equal(scopes_of(regions[1][20:]), [(1, 0, 0, [(2, 0)])], "the device of the other")
    ats = structures[4][1]
    checks.equal(struct.unpack_from("<BBH", ats), (0, 0, 0), "ATSR")
    checks.equal(scopes_of(ats[4:]), [(2, 0, 0, [(0x1C, 0)])], "the port with an ATS device below")
    checks.equal(struct.unpack("<IQI", structures[5][1]), (0, 0xFED9_1000, 1), "RHSA")
    checks.equal(structures[6][1], b"\0\0\0\x01\\_SB.I2C0\0", "ANDD")


def a_bridge_without_unit_leaves_nothing_over(iommusim, checks):
    """With a host bridge of the segment that passes no unit, none has all that is left."""
    text = TWO_UNITS.replace("    iommu: dmar1\n    devices: [{name: ioapic0",
                             "    iommu: none\n    devices: [{name: ioapic0")
    iommusim.file("bare.yaml", text)
    drhds = [body for kind, body in structures_of(dump(iommusim, checks, "bare.yaml")) if kind == 0]
    checks.equal([body[0] for body in drhds], [0, 0], "INCLUDE_PCI_ALL")
    scopes = [scope for body in drhds for scope in scopes_of(body[12:]) if body[4:12] == drhds[0][4:12]]
    checks.equal([(kind, path) for kind, _, _, path in scopes],
                 [(1, [(0x1F, 0)]), (2, [(0x1C, 0)]), (2, [(0x1D, 0)]), (5, [(0x15, 0)])], "dmar1, named")


def requests_pass_the_unit_of_their_scope(iommusim, checks):
    domains = "\nsoftware:\n  domains:\n    - {name: d0, type: dma, devices: [gfx0]}\n" \
              "    - {name: d1, type: dma, devices: [nic0]}\n"
    iommusim.file("two.yaml", TWO_UNITS + domains)
    for device, unit in (("gfx0", "dmar0"), ("nic0", "dmar1"), ("audio0", "dmar1")):
        explained = iommusim.explanation("two.yaml", "--device", device, "--address", "0x1000")
        checks.expect(unit in [hop["where"] for hop in explained["path"]], f"{device} passes {unit}: {explained['path']}")
    trace = iommusim.file("two.trace", "0ns gfx0 read 0x1000 64\n0ns nic0 read 0x1000 64\n")
    faults = iommusim.results("two.yaml", trace)["faults"]
    checks.equal({fault["device"]: fault["iommu"] for fault in faults}, {"gfx0": "dmar0", "nic0": "dmar1"}, "faults")


ARM = """platform: arm
gic:
  redistributors: {registers: 0x80a_0000}
  its: {registers: 0x808_0000, device_bits: 20, devices: [{requester_ids: ['00:00.0', '7f:1f.7'], device: 0x1_0000}]}
memory: [{name: dram, base: 0x4000_0000, size: 1GiB}]
ecam: 0x3000_0000
host_bridges:
  - name: pcie0
    iommu: smmu0
    devices:
      - {name: rp0, type: root-port, at: 01.0, devices: [{name: nic0, type: endpoint, ats: true}]}
iommus:
  - {name: smmu0, type: smmuv3, registers: 0x905_0000, ats: true,
     streams: [{requester_ids: ['01:00.0', '01:00.7'], stream: 0x200}]}
"""


def an_iort_leads_from_requesters_to_the_its(iommusim, checks):
    iommusim.file("arm.yaml", ARM)
    nodes = nodes_of(dump(iommusim, checks, "arm.yaml"))
    by_kind = {node.kind: (offset, node) for offset, node in nodes.items()}
    checks.equal([node.kind for node in nodes.values()], [ITS_GROUP, SMMU, ROOT_COMPLEX], "nodes")
    checks.equal(by_kind[ITS_GROUP][1].data, struct.pack("<II", 1, 0), "ITS group")
    its, smmu = by_kind[ITS_GROUP][0], by_kind[SMMU][0]
    checks.equal(struct.unpack_from("<QI", by_kind[SMMU][1].data), (0x905_0000, 1),
                 "base, COHACC override; no mapping is the unit's own")
    checks.equal(struct.unpack_from("<I", by_kind[SMMU][1].data, 48), (1,), "device ID mapping index: beyond the mappings")
    checks.equal(by_kind[SMMU][1].mappings, [(0x200, 8, 0x1_0100, its)], "StreamIDs to DeviceIDs")
    checks.equal(by_kind[ROOT_COMPLEX][1].mappings, [(0x100, 8, 0x200, smmu)], "requester IDs to StreamIDs")
    checks.equal(struct.unpack_from("<II", by_kind[ROOT_COMPLEX][1].data, 8), (1, 0), "ATS, segment")


def messages_of_an_smmu_have_a_mapping(iommusim, checks):
    """A single mapping is the unit's own, and the node says which it is (IORT, device ID mapping index)."""
    iommusim.file("arm.yaml", ARM.replace("ats: true,\n", "ats: true, msi: true, doorbell: its, device_id: 0x2_0000,\n"))
    nodes = nodes_of(dump(iommusim, checks, "arm.yaml"))
    its = next(offset for offset, node in nodes.items() if node.kind == ITS_GROUP)
    smmu = next(node for node in nodes.values() if node.kind == SMMU)
    index, single = 48, 1
    override_and_valid = 0b1_0001
    checks.equal((smmu.revision, struct.unpack_from("<I", smmu.data, 8)), (5, (override_and_valid,)), "revision, flags")
    checks.equal(struct.unpack_from("<I", smmu.data, index), (1,), "device ID mapping index")
    checks.equal(smmu.mappings[1], (0, 1, 0x2_0000, its), "the SMMU's own mapping")
    checks.equal(smmu.flags, [0, single], "flags")


def reserved_memory_is_for_streams(iommusim, checks):
    """Not read by iasl: that of Debian 12 is older than RMR nodes. Bit 0 of the flags: remapping is permitted."""
    for more, flags in (("", 0), (", remappable: true", 1)):
        rmrs = f"     rmrs: [{{base: 0x5000_0000, size: 64KiB, devices: [nic0]{more}}}],"
        iommusim.file("arm.yaml", ARM.replace("     streams:", rmrs + "\n     streams:"))
        done = iommusim.run("validate", "arm.yaml", "--dump-acpi", "IORT.dat")
        checks.equal((done.returncode, done.stderr), (0, ""), "a table with an RMR node")
        nodes = nodes_of((iommusim.folder / "IORT.dat").read_bytes())
        smmu = next(offset for offset, node in nodes.items() if node.kind == SMMU)
        rmr = next(node for node in nodes.values() if node.kind == RESERVED_MEMORY)
        checks.equal(struct.unpack("<IIIQQI", rmr.data), (flags, 1, 28, 0x5000_0000, 0x1_0000, 0), "one range")
        checks.equal(rmr.mappings, [(0, 1, 0x200, smmu)], "its stream")


def bad_scopes_are_refused(iommusim, checks):
    for change, message in (("scope=[nic0]", "a function on the root bus"), ("scope=[nobody]", "a function on the root bus"),
                            ("scope=[ioapic0, ioapic0]", "every function in one scope")):
        iommusim.file("two.yaml", TWO_UNITS)
        done = iommusim.run("validate", "two.yaml", "--set", f"iommus.dmar0.{change}", "--set", "iommus.dmar0.rmrrs=[]")
        checks.equal(done.returncode, 2, change)
        checks.expect(message in done.stderr, f"{change}: {done.stderr}")


def test(iommusim, checks):
    if IASL is None:
        sys.exit("iasl is missing: install the package acpica-tools (scripts/dependencies.sh)")
    every_platform_is_read(iommusim, checks)
    two_units_are_told_apart(iommusim, checks)
    a_bridge_without_unit_leaves_nothing_over(iommusim, checks)
    requests_pass_the_unit_of_their_scope(iommusim, checks)
    an_iort_leads_from_requesters_to_the_its(iommusim, checks)
    messages_of_an_smmu_have_a_mapping(iommusim, checks)
    reserved_memory_is_for_streams(iommusim, checks)
    bad_scopes_are_refused(iommusim, checks)


command.main(test)
