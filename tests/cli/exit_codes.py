#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Exit codes: 0 done, 1 a finding that the user forbade, 2 usage. Every command explains itself with an example.

Oracle: the contract of the command line, docs/command-reference.md. Usage: exit_codes.py BINARY SOURCE_DIR
"""
import json
import re

import command

MESSAGE = re.compile(r"iommusim: [^\n]+\n")

COMMANDS = (["run"], ["explain"], ["translate"], ["conform"], ["trace"], ["trace", "info"], ["trace", "convert"],
            ["trace", "generate"], ["validate"])


def help_shows_an_example(iommusim, checks):
    for words in ([], *COMMANDS):
        done = iommusim.run(*words, "--help")
        what = " ".join(["iommusim", *words, "--help"])
        checks.equal(done.returncode, 0, what)
        checks.equal(done.stderr, "", f"{what}: standard error")
        checks.expect("Example:" in done.stdout, f"{what}: shows no example")
        checks.expect("iommusim " in done.stdout.partition("Example:")[2], f"{what}: the example is no command")


def wrong_usage_is_told(iommusim, checks):
    platform = iommusim.platform("msi-window-swallow")
    capture = iommusim.source / "tests/data/captures/vtd-legacy-strict"
    usages = ([], ["frobnicate"], ["run"], ["explain", platform], ["translate"], ["conform"], ["trace"],
              ["trace", "info"], ["trace", "convert", "one.trace"], ["trace", "generate", "one.trace"], ["validate"], ["run", platform, "--frobnicate"],
              ["run", platform, "--timing", "slow"], ["run", platform, "--fail-on", "nonsense"],
              ["run", platform, "--json"],
              ["explain", platform, "--device", "nic0", "--address", "nowhere"],
              ["explain", platform, "--device", "ghost", "--address", "0"],
              ["explain", platform, "--device", "nic0", "--address", "0", "--op", "guess"],
              ["explain", platform, "--device", "nic0", "--address", "0", "--poisoned"],
              ["explain", platform, "--device", "nic0", "--address", "0", "--size", "0"],
              ["explain", platform, "--device", "nic0", "--address", "0xffc", "--size", "8"],
              ["explain", platform, "--device", "nic0", "--address", "0", "--pasid", "0x100000"],
              ["translate", capture, "--requester", "00:05.0"],
              ["translate", capture, "--requester", "banana", "--address", "0"])
    for words in usages:
        done = iommusim.run(*words)
        what = " ".join(map(str, ["iommusim", *words]))
        checks.equal(done.returncode, 2, what)
        checks.expect(MESSAGE.fullmatch(done.stderr) and not done.stdout, f"{what}: says {done.stderr!r}")


def a_pasid_needs_its_capability(iommusim, checks):
    question = ("explain", iommusim.platform("msi-window-swallow"), "--device", "nic0", "--address", "0x1000",
                "--pasid", "0x123", "--set")
    for setting, told in (("devices.nic0.ats=true", "none: nic0 has no PASID capability (devices.nic0.pasid)"),
                          ("devices.nic0.pasid={enabled: false}",
                           "none: PASID Enable of nic0 is clear (devices.nic0.pasid.enabled)"),
                          ("devices.nic0.pasid={width: 8}", "at most 8 bits (devices.nic0.pasid.width)")):
        done = iommusim.run(*question, setting)
        checks.equal(done.returncode, 2, f"explain --pasid with {setting}")
        checks.equal(done.stderr, f"iommusim: --pasid: found 0x123, expected {told}\n", f"explain --pasid: {setting}")
    done = iommusim.run(*question, "devices.nic0.pasid={width: 9}")
    checks.equal(done.returncode, 0, "explain --pasid of a function that may send it")
    checks.expect("pasid-in-legacy-mode" in done.stdout, f"explain --pasid: {done.stdout}")


def fail_on_looks_for_its_kinds(iommusim, checks):
    platform = iommusim.platform("nic-behind-non-acs-switch")
    twin = iommusim.platform("nic-behind-acs-switch")
    for file, kinds, expected in ((platform, "peer-hijack", 1), (platform, "any", 1),
                                  (platform, "wrong-memory,peer-hijack", 1), (platform, "wrong-memory", 0),
                                  (platform, "interrupt-swallow,doorbell-lost", 0), (twin, "any", 0)):
        done = iommusim.run("run", file, "--fail-on", kinds, "--json", "out.json")
        checks.equal(done.returncode, expected, f"run {file.name} --fail-on {kinds}")
        checks.expect("out.json" in iommusim.files(), f"--fail-on {kinds}: the results are missing")
    checks.equal(iommusim.run("run", platform).returncode, 0, "a collision that nobody forbade")
    checks.equal(iommusim.run("run", platform, "--quiet").stdout, "", "--quiet: standard output")


def conform_counts_wrong_answers(iommusim, checks):
    cases = iommusim.source / "tests/data/oracle/vtd-cases.jsonl.zst"
    done = iommusim.run("conform", cases)
    checks.expect(done.returncode == 0 and ", 0 failed" in done.stdout, f"conform of QEMU's answers: {done.stdout}")

    table = {"addr": "0x1000", "hex": "00" * 16}
    case = {"id": "tampered", "category": "root", "iommu": {"kind": "vtd", "mode": "legacy", "aw": 48},
            "memory": [table], "registers": [["0x20", 8, "0x1000"], ["0x18", 4, "0x40000000"],
                                             ["0x18", 4, "0x80000000"]],
            "accesses": [{"op": "read", "rid": "0x0100", "iova": "0x5000", "len": 8}],
            "expect": [{"outcome": "ok", "pa": "0x5000", "data": "00" * 8, "fsts": 0, "frcd": None}]}
    done = iommusim.run("conform", iommusim.file("tampered.jsonl", json.dumps(case) + "\n"))
    checks.equal(done.returncode, 1, "conform of a case whose answer is wrong")
    checks.expect("0 passed, 1 failed" in done.stdout, f"conform of a wrong answer: {done.stdout}")
    for member, value in (("kind", "foo"), ("mode", "foo")):
        wrong = {**case, "iommu": {**case["iommu"], member: value}}
        done = iommusim.run("conform", iommusim.file("unknown.jsonl", json.dumps(wrong) + "\n"))
        checks.equal(done.returncode, 2, f"conform of a case of an unknown {member}")
        checks.expect(done.stderr.startswith(f'iommusim: unknown.jsonl:1: iommu.{member}: found "foo", expected '),
                      done.stderr)


def translate_check_counts_differences(iommusim, checks):
    capture = iommusim.source / "tests/data/captures/vtd-legacy-strict"
    answers = capture / "translations.jsonl"
    done = iommusim.run("translate", capture, "--check", answers)
    lines = answers.read_text().splitlines()
    checks.equal(done.returncode, 0, "translate --check of QEMU's answers")
    checks.expect(f"{len(lines)} checked, {len(lines)} equal, 0 differences" in done.stdout, done.stdout)

    wrong = json.loads(lines[5])
    wrong["pa"] = hex(int(wrong["pa"], 16) + 0x1000)
    lines[5] = json.dumps(wrong)
    done = iommusim.run("translate", capture, "--check", iommusim.file("wrong.jsonl", "\n".join(lines) + "\n"))
    checks.equal(done.returncode, 1, "translate --check of a wrong answer")
    checks.expect(", 1 difference\n" in done.stdout, done.stdout)

    wrong["result"] = "OK"
    done = iommusim.run("translate", capture, "--check", iommusim.file("odd.jsonl", "\n" + json.dumps(wrong)))
    checks.equal(done.returncode, 2, "translate --check of an unknown result")
    checks.expect(done.stderr.startswith('iommusim: odd.jsonl:2: result: found "OK", expected "ok" or "fault"'),
                  done.stderr)

    done = iommusim.run("translate", capture, "--check", answers, "--check", "wrong.jsonl")
    checks.equal(done.returncode, 1, "translate with two checks, one of them wrong")


def translate_tells_what_was_captured(iommusim, checks):
    """Everything that QEMU 7.2's unit has is modelled; 00:05.0 is the device of translations.jsonl."""
    capture = iommusim.source / "tests/data/captures/vtd-legacy-strict"
    done = iommusim.run("translate", capture)
    checks.equal(done.returncode, 0, "translate of nothing: exit code")
    checks.expect("not modelled" not in done.stdout, f"translate of nothing: {done.stdout}")
    for words in ("VT-d unit at 0xfed90000", "translation    on",
                  "00:05.0        domain 0x5, 4 levels"):
        checks.expect(words in done.stdout, f"translate of nothing: no {words} in {done.stdout}")
    done = iommusim.run("translate", capture, "--requester", "00:05.0", "--address", "0xffff_c000")
    checks.expect("not modelled" not in done.stdout, f"translate: {done.stdout}")
    checks.expect("-> 0x103118000, page of 0x1000 bytes" in done.stdout, f"translate: {done.stdout}")


def translate_tells_what_was_captured_of_an_smmu(iommusim, checks):
    """devices.json of the capture has ten streams with stage 1 and 1526 that abort; ASID 3 has five leaves."""
    capture = iommusim.source / "tests/data/captures/smmuv3-strict"
    done = iommusim.run("translate", capture)
    checks.equal(done.returncode, 0, "translate of an SMMUv3: exit code")
    for words in ("SMMUv3 at 0x9050000", "on, two-level stream table of 2^16 entries at 0x43277000",
                  "00:05.0        ASID 3, 48 bits from TTB0 0x481c2000, 20 KiB mapped", "abort (1526 streams)"):
        checks.expect(words in done.stdout, f"translate of an SMMUv3: no {words} in {done.stdout}")
    checks.equal(done.stdout.count("ASID "), 10, "translate of an SMMUv3: streams")
    done = iommusim.run("translate", capture, "--requester", "00:05.0", "--address", "0xffff_a000")
    for words in ("STE ", "CD ", "stage 1 level 3 descriptor", "-> 0x487f7000, page of 0x1000 bytes"):
        checks.expect(words in done.stdout, f"translate of an SMMUv3: no {words} in {done.stdout}")
    done = iommusim.run("translate", capture, "--check", capture / "translations.jsonl.zst")
    checks.expect("7373 checked, 7373 equal, 0 differences" in done.stdout, done.stdout)


def all_collisions_are_listed(iommusim, checks):
    """Six packets of the NIC go to the accelerator, into the same BAR."""
    platform = iommusim.platform("nic-behind-non-acs-switch")
    grouped, every = (iommusim.run("run", platform, *more).stdout for more in ((), ("--all-collisions",)))
    checks.equal(len(re.findall(r"^peer-hijack: ", grouped, re.MULTILINE)), 1, "collisions of one group")
    checks.equal(len(re.findall(r"^peer-hijack: 1 access by nic0 ", every, re.MULTILINE)), 6, "--all-collisions")


def converted_times_are_relative(iommusim, checks):
    trace = iommusim.file("absolute.trace", "100ns nic0 msi 0\n1us nic0 msi 0\n")
    checks.equal(iommusim.run("trace", "convert", trace, "relative.trace").stdout, "2 operations\n", "trace convert")
    checks.equal((iommusim.folder / "relative.trace").read_text(), "+100ns nic0 msi 0\n+900ns nic0 msi 0\n", "times")


def test(iommusim, checks):
    for check in (help_shows_an_example, wrong_usage_is_told, a_pasid_needs_its_capability,
                  fail_on_looks_for_its_kinds, conform_counts_wrong_answers,
                  translate_check_counts_differences, translate_tells_what_was_captured,
                  translate_tells_what_was_captured_of_an_smmu, all_collisions_are_listed,
                  converted_times_are_relative):
        check(iommusim, checks)


command.main(test)
