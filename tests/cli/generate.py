#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Generated traces: what the options promise, and that they replay.

Oracle: docs/command-reference.md. Usage: generate.py BINARY SOURCE_DIR
"""
import re

import command

PLATFORM = "nic-behind-acs-switch"
# Where nic0's receive pool is mapped.
BASE = 0x38_0000_0000
LINE = re.compile(r"\+(?P<time>\S+) (?P<device>\S+) (?P<operation>read|write) (?P<address>0x[0-9a-f_]+) (?P<size>\S+)")
WORDS = {"--device": "nic0", "--operation": "read", "--size": "64", "--count": "100", "--base": hex(BASE),
         "--window": "64KiB"}


def words(**changes):
    """The command line with other or additional options: align="128" is --align 128; None leaves one out."""
    options = {**WORDS, **{f"--{name}": value for name, value in changes.items()}}
    return [word for option, value in options.items() if value is not None for word in (option, value)]


def generate(iommusim, checks, output="out.trace", **changes):
    done = iommusim.run("trace", "generate", output, *words(**changes))
    checks.equal(done.returncode, 0, f"generate {changes}: {done.stderr!r}")
    lines = (iommusim.folder / output).read_text().splitlines()
    checks.expect(lines[0].startswith("# iommusim trace generate "), f"the first line: {lines[0]!r}")
    return [LINE.fullmatch(line).groupdict() for line in lines[1:]]


def addresses(operations):
    return [int(operation["address"], 16) for operation in operations]


def options_do_what_they_say(iommusim, checks):
    operations = generate(iommusim, checks)
    checks.equal(len(operations), 100, "--count")
    checks.equal({(o["device"], o["operation"], o["size"]) for o in operations}, {("nic0", "read", "64")}, "operations")
    checks.expect(all(BASE <= address < BASE + 0x10000 and address % 64 == 0 for address in addresses(operations)),
                  "an address outside the window or a line")
    operations = generate(iommusim, checks, pattern="sequential", size="100", window="512", align="256", count="5")
    checks.equal(addresses(operations), [BASE, BASE + 256, BASE, BASE + 256, BASE], "--pattern sequential --align")
    operations = generate(iommusim, checks, operation="alternate", interval="20.48ns", count="4", devices="gpu0")
    checks.equal([(o["time"], o["device"], o["operation"]) for o in operations],
                 [("0ns", "nic0", "read"), ("20480ps", "gpu0", "read"), ("20480ps", "nic0", "write"),
                  ("20480ps", "gpu0", "write")], "--interval, two devices")
    operations = generate(iommusim, checks, operation="write-read", count="4")
    found = addresses(operations)
    checks.equal([o["operation"] for o in operations], ["write", "read"] * 2, "--operation write-read")
    checks.expect(found[0] == found[1] and found[2] == found[3], f"write-read of different addresses: {found}")
    checks.expect(generate(iommusim, checks, seed="2") != generate(iommusim, checks, seed="3"), "--seed")


def the_comment_makes_it_again(iommusim, checks):
    generate(iommusim, checks, "first.trace", devices="gpu0,nvme0", interval="1.5us", seed="7")
    first = (iommusim.folder / "first.trace").read_text()
    again = first.splitlines()[0].removeprefix("# iommusim trace generate ").split()
    checks.equal(iommusim.run("trace", "generate", "again.trace", *again).returncode, 0, "the words of the comment")
    checks.equal((iommusim.folder / "again.trace").read_text(), first, "the trace made again")


def they_replay(iommusim, checks):
    for output in ("plain.trace", "compressed.trace.zst"):
        done = iommusim.run("trace", "generate", output, *words(operation="alternate"))
        checks.equal((done.returncode, done.stdout), (0, "100 operations\n"), output)
        summary = iommusim.results(iommusim.platform(PLATFORM), output)["summary"]
        checks.equal((summary["operations"], summary["bytes"], summary["landed"]), (100, 6400, {"memory": 100}), output)
    packed = (iommusim.folder / "compressed.trace.zst").read_bytes()
    checks.equal(packed[:4], b"\x28\xb5\x2f\xfd", "the magic number of zstd")


def mistakes_are_told(iommusim, checks):
    before = iommusim.files()
    for changes, message in (({"device": "cpu"}, '--device: found "cpu", expected'),
                             ({"device": "nic 0"}, '--device: found "nic 0", expected'),
                             ({"operation": "erase"}, "--operation"), ({"pattern": "zigzag"}, "--pattern"),
                             ({"size": "0"}, "--size: found 0, expected"), ({"size": "17MiB"}, "--size: found 17MiB"),
                             ({"size": "two"}, '--size: found "two", expected'), ({"count": "0"}, "--count: found 0"),
                             ({"align": "48"}, "--align: found 48, expected a power of two"),
                             ({"align": "0"}, "--align: found 0"), ({"align": "32MiB"}, "--align: found 32MiB"),
                             ({"base": "0x20"}, "--base: found 0x20, expected a multiple of --align 64"),
                             ({"window": "64", "size": "65"}, "--window: found 64, expected at least 128 B"),
                             ({"base": "0xffff_ffff_ffff_0000", "window": "65537"}, "--window: found 65537, expected"),
                             ({"seed": "-1"}, '--seed: found "-1"'), ({"interval": "5"}, '--interval: found "5"'),
                             ({"interval": "18000000s", "count": "3"}, "--interval: found 18000000s, expected")):
        done = iommusim.run("trace", "generate", "bad.trace", *words(**changes))
        checks.equal(done.returncode, 2, f"{changes}: exit code")
        checks.expect(command.MESSAGE.fullmatch(done.stderr), f"{changes}: not one message: {done.stderr!r}")
        checks.expect(message in done.stderr, f"{changes}: no {message!r} in {done.stderr!r}")
    for option in WORDS:
        done = iommusim.run("trace", "generate", "bad.trace", *words(**{option.removeprefix("--"): None}))
        checks.equal((done.returncode, done.stderr), (2, f"iommusim: {option} is required; --help shows how\n"), option)
    checks.equal(iommusim.run("trace", "generate", "nowhere/out.trace", *words()).returncode, 2, "no such folder")
    checks.equal(iommusim.files(), before, "files that mistakes left")
    last = generate(iommusim, checks, base="0xffff_ffff_ffff_0000", count="2000", pattern="sequential")
    checks.equal(max(addresses(last)), 2**64 - 64, "a window up to the last address")


def test(iommusim, checks):
    for check in (options_do_what_they_say, the_comment_makes_it_again, they_replay, mistakes_are_told):
        check(iommusim, checks)


command.main(test)
