#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The words of a command line: what options take, which files may be written, and how mistakes are told.

Oracle: docs/command-reference.md. Usage: words.py BINARY SOURCE_DIR
"""
import command

PLATFORM = "nic-behind-non-acs-switch"
ACS_ON = "devices.sw0-dp0.acs=linux"


def options_take_one_word(iommusim, checks):
    """So the words behind them are PLATFORM and TRACE, wherever they stand."""
    platform = iommusim.platform(PLATFORM)
    trace = iommusim.source / "traces" / f"{PLATFORM}.trace"
    capture = iommusim.source / "tests/data/captures/vtd-legacy-strict"
    answers = capture / "translations.jsonl"
    for words, expected in (
            (("run", "--fail-on", "any", platform, trace), 1),
            (("run", "--fail-on", "peer-hijack", platform, "--quiet"), 1),
            (("run", "--fail-on", "wrong-memory,peer-hijack", platform), 1),
            (("run", "--fail-on", "wrong-memory", "--fail-on", "peer-hijack", platform), 1),
            (("run", platform, "--set", ACS_ON, trace), 0),
            (("run", f"--set={ACS_ON}", platform, trace), 0),
            (("map", "--set", ACS_ON, platform, "--device", "nic0"), 0),
            (("explain", "--set", ACS_ON, platform, "--device", "nic0", "--address", "0x1000"), 0),
            (("validate", "--set", ACS_ON, platform, trace), 0),
            (("translate", "--check", answers, capture, "--requester", "00:05.0", "--address", "0x1000"), 0),
            (("translate", "--check", answers, "--check", answers, capture), 0)):
        done = iommusim.run(*words)
        checks.equal(done.returncode, expected, f"{' '.join(map(str, words))}: {done.stderr!r}")
    for words in (("run", platform, "--fail-on", "wrong-memory", "peer-hijack", "any"),
                  ("run", platform, trace, "--set", ACS_ON, ACS_ON)):
        done = iommusim.run(*words)
        checks.equal(done.returncode, 2, f"{' '.join(map(str, words))}: a second word is taken")


def the_last_setting_counts(iommusim, checks):
    """Without ACS the switch sends the packets to the accelerator, with it to the root port."""
    platform = iommusim.platform(PLATFORM)
    without = "devices.sw0-dp0.acs=none"
    for settings, hijacked in (((ACS_ON, without), True), ((without, ACS_ON), False)):
        words = [word for setting in settings for word in ("--set", setting)]
        kinds = iommusim.results(*words, platform)["summary"]["collisions"]
        checks.equal("peer-hijack" in kinds, hijacked, f"--set {settings}: the last one counts")


def refused(iommusim, checks, words, message):
    before = iommusim.files()
    done = iommusim.run(*words)
    what = " ".join(map(str, words))
    checks.equal(done.returncode, 2, f"{what}: exit code")
    checks.expect(command.MESSAGE.fullmatch(done.stderr), f"{what}: not one message: {done.stderr!r}")
    checks.expect(message in done.stderr, f"{what}: no \"{message}\" in {done.stderr!r}")
    checks.equal(iommusim.files(), before, f"{what}: files")


def mistakes_say_what_was_found(iommusim, checks):
    platform = iommusim.platform(PLATFORM)
    capture = iommusim.source / "tests/data/captures/vtd-legacy-strict"
    trace = iommusim.file("one.trace", "0ns nic0 msi 0\n")
    for words, message in (
            ((), "found no command, expected a command: run, explain"),
            (("foo",), 'found "foo", expected a command: run, explain'),
            (("trace",), "found no command, expected a command: info, convert, generate"),
            (("trace", "foo"), 'found "foo", expected a command: info, convert, generate'),
            (("run", platform, "--json", ""), '--json: found "", expected the name of a file'),
            (("map", platform, "--json", ""), '--json: found "", expected the name of a file'),
            (("explain", platform, "--device", "nic0", "--address", "0", "--json", ""), '--json: found ""'),
            (("regress", platform, "--junit", ""), '--junit: found ""'),
            (("trace", "convert", trace, ""), 'output: found ""'),
            (("trace", "convert", trace, "out.trace", "--interrupts"),
             "--interrupts: found with --from trace, expected --from qemu-vtd or qemu-smmuv3"),
            (("trace", "convert", trace, "out.trace", "--platform", platform),
             "--platform: found with --from trace, expected --from qemu-vtd or qemu-smmuv3"),
            (("translate", capture, "--requester", "5", "--address", "0"), '--requester: found "5"'),
            (("translate", capture, "--requester", "05.0", "--address", "0"), '--requester: found "05.0"')):
        refused(iommusim, checks, words, message)


def inputs_are_not_overwritten(iommusim, checks):
    source = iommusim.platform(PLATFORM)
    text = source.read_text().replace("../traces/", "")
    platform = iommusim.file("platform.yaml", text)
    trace = iommusim.file(f"{PLATFORM}.trace", (iommusim.source / "traces" / f"{PLATFORM}.trace").read_text())
    expectation = iommusim.file(f"{PLATFORM}.expect.json", "{}")
    for words in (("run", platform, "--json", platform), ("run", platform, trace, "--json", trace),
                  ("run", platform, "--json", f"./{trace}"), ("map", platform, "--json", platform),
                  ("explain", platform, "--device", "nic0", "--address", "0", "--json", platform),
                  ("regress", platform, "--junit", platform), ("regress", platform, "--junit", expectation)):
        refused(iommusim, checks, words, "which is read, expected another file")
    checks.equal((iommusim.folder / platform).read_text(), text, "the platform")


def test(iommusim, checks):
    for check in (options_take_one_word, the_last_setting_counts, mistakes_say_what_was_found,
                  inputs_are_not_overwritten):
        check(iommusim, checks)


command.main(test)
