#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""validate --dump-config is what lspci -xxxx prints: lspci -F reads it, and shows the machine as configured.

Oracle: lspci of pciutils; the platform files. Usage: dump_config.py BINARY SOURCE_DIR
"""
import re
import shutil
import subprocess
import sys

import yaml

import command

# Debian keeps it where only root looks.
LSPCI = shutil.which("lspci") or shutil.which("lspci", path="/usr/bin:/usr/sbin:/sbin")
LINUX_DEFAULT = "ACSCtl:\tSrcValid+ TransBlk- ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl- DirectTrans-"
BYTES_OF_A_FUNCTION = 4096


def dump(iommusim, checks, platform, *more):
    done = iommusim.run("validate", platform, "--dump-config", *more)
    checks.equal((done.returncode, done.stderr), (0, ""), f"{platform}: the dump")
    return done.stdout


def lspci(iommusim, checks, name, text, *options):
    iommusim.file("dump.txt", text)
    done = subprocess.run([LSPCI, "-F", "dump.txt", *options], cwd=iommusim.folder, capture_output=True, text=True,
                          timeout=60)
    # Machines without kernel modules, such as containers: nothing that the dump could help.
    complaints = [line for line in done.stderr.splitlines() if "libkmod" not in line]
    checks.equal((done.returncode, complaints), (0, []), f"{name}: lspci {' '.join(options)}")
    for word in ("<access denied>", "!!!", "<?>", "<chain broken>", "<chain looped>", "Unknown header", "rev ff"):
        checks.expect(word not in done.stdout, f"{name}: lspci prints {word}")
    return done.stdout


def functions_of(text):
    """lspci -vvv by function."""
    return {block.split(" ", 1)[0]: block for block in re.split(r"\n\n+", text.strip())}


def count_functions(owner):
    """Of a host bridge or port, in its platform file, with the enabled virtual functions."""
    # An I/O APIC has no configuration space.
    return sum((device["type"] != "io-apic") + count_functions(device) + device.get("sriov", {}).get("num_vfs", 0)
               for device in owner.get("devices", []))


def every_platform_is_read(iommusim, checks):
    for platform in sorted((iommusim.source / "platforms").rglob("*.yaml")):
        text = dump(iommusim, checks, platform)
        shown = functions_of(lspci(iommusim, checks, platform.stem, text, "-vvv", "-nn"))
        functions = sum(map(count_functions, yaml.safe_load(platform.read_text())["host_bridges"]))
        checks.equal(len(shown), functions, f"{platform.stem}: functions")
        checks.equal(text.count("\n") - 2 * len(shown), len(shown) * BYTES_OF_A_FUNCTION // 16, f"{platform.stem}: lines")
        # What lspci reads and writes again is the same but for its own names.
        again = lspci(iommusim, checks, platform.stem, text, "-xxxx")
        checks.equal(re.findall(r"^[0-9a-f]{2,3}: .*$", again, re.MULTILINE),
                     re.findall(r"^[0-9a-f]{2,3}: .*$", text, re.MULTILINE), f"{platform.stem}: bytes")


def acs_is_shown(iommusim, checks):
    """ACS-048: control 0x001D is what Linux leaves on a fully capable port."""
    text = dump(iommusim, checks, iommusim.platform("nic-behind-acs-switch"))
    shown = lspci(iommusim, checks, "ACS-048", text, "-vvv")
    ports = [block for block in functions_of(shown).values() if "ACSCap" in block]
    checks.expect(len(ports) >= 3, f"ACS-048: {len(ports)} functions with ACS")
    for block in ports:
        checks.expect(LINUX_DEFAULT in block, f"ACS-048: {re.findall('ACSCtl.*', block)}")
    off = lspci(iommusim, checks, "without ACS", dump(iommusim, checks, iommusim.platform("nic-behind-non-acs-switch")),
                "-vvv")
    checks.expect("ACSC" not in off, "a platform without ACS shows it")
    capable = dump(iommusim, checks, iommusim.platform("nic-behind-acs-switch"), "--set", "devices.sw0-dp0.acs=capable")
    controls = re.findall(r"ACSCtl:\t(.*)", lspci(iommusim, checks, "capable", capable, "-vvv"))
    checks.equal(len([c for c in controls if "+" not in c]), 1, "ports on which nothing is enabled")


def containment_is_shown(iommusim, checks):
    """DPC with Poisoned TLP Egress Blocking (PCIe base specification, 7.9.14), enabled in one port, off in another."""
    text = dump(iommusim, checks, iommusim.platform("nic-behind-acs-switch"), "--set",
                "devices.sw0-dp0.dpc={poisoned_egress_blocking: true}", "--set", "devices.sw0-dp1.dpc={}")
    shown = lspci(iommusim, checks, "DPC", text, "-vvv")
    checks.equal(re.findall(r"DpcCap:.*(PoisonedTLP\S)", shown), ["PoisonedTLP+"] * 2, "DpcCap")
    checks.equal(sorted(re.findall(r"DpcCtl:.*(PoisonedTLP\S)", shown)), ["PoisonedTLP+", "PoisonedTLP-"], "DpcCtl")
    checks.equal(re.findall(r"DpcCtl:\tTrigger:(\d)", shown), ["0", "0"], "DPC Trigger Enable")


def segments_are_shown(iommusim, checks):
    done = iommusim.run("validate", iommusim.platform("nic-behind-acs-switch"), "--dump-config", "--set",
                        "host_bridges.pcie0.segment=2")
    if done.returncode != 0:  # configuration space above segment 0 is not there on this platform
        checks.expect(command.MESSAGE.fullmatch(done.stderr), done.stderr)
        return
    shown = lspci(iommusim, checks, "segment 2", done.stdout, "-D")
    checks.expect(all(line.startswith("0002:") for line in shown.splitlines()), f"domains: {shown}")


def test(iommusim, checks):
    if LSPCI is None:
        sys.exit("lspci is missing: install the package pciutils (scripts/dependencies.sh)")
    every_platform_is_read(iommusim, checks)
    acs_is_shown(iommusim, checks)
    containment_is_shown(iommusim, checks)
    segments_are_shown(iommusim, checks)


command.main(test)
