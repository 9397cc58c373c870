#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""iommusim regress: good and tampered scenarios, crashes, updates, JUnit XML, parallel runs.

Oracle: docs/regress.md; the tampered values are changed here. Usage: regress.py BINARY SOURCE_DIR
"""
import json
import re
import resource
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import jsonschema

import command
import platforms

NAME = "nic-behind-non-acs-switch"


def without_times(text):
    return re.sub(r"\d+\.\d\d s", "T s", text)


def copy_of(iommusim, folder):
    """The ready platforms and traces, to change."""
    for part in ("platforms", "traces"):
        shutil.copytree(iommusim.source / part, iommusim.folder / folder / part,
                        ignore=shutil.ignore_patterns("*.cpp", "*.h", "CMakeLists.txt"))
    return iommusim.folder / folder


def change(path, update):
    document = json.loads(path.read_text())
    update(document)
    path.write_text(json.dumps(document))


def ready(source):
    return [p for p in platforms.with_trace(source) if platforms.named_file(p, "expectation")]


def good_ones_pass(iommusim, checks):
    done = iommusim.run("regress", iommusim.source / "platforms", "--junit", "out.xml", "--jobs", 1)
    count = len(ready(iommusim.source))
    checks.equal(done.returncode, 0, f"the ready platforms: exit code; {done.stdout}")
    checks.expect(done.stdout.endswith(f"{count} scenarios: {count} passed, 0 failed, 0 errors\n"), done.stdout)
    checks.equal(len(re.findall(r"^passed   \S+ \(\d+\.\d\d s\)$", done.stdout, re.MULTILINE)), count, "lines")
    suite = ElementTree.parse(iommusim.folder / "out.xml").getroot().find("testsuite")
    checks.equal((suite.get("tests"), suite.get("failures"), suite.get("errors")), (str(count), "0", "0"), "JUnit")
    checks.equal(sorted(case.get("name") for case in suite.iter("testcase")),
                 sorted(p.stem for p in ready(iommusim.source)), "JUnit: names")
    parallel = iommusim.run("regress", iommusim.source / "platforms", "--jobs", 4)
    checks.equal(without_times(parallel.stdout), without_times(done.stdout), "4 jobs print what 1 job prints")


def tampered_ones_fail(iommusim, checks):
    root = copy_of(iommusim, "tampered")
    expectation = root / "traces" / f"{NAME}.expect.json"
    change(expectation, lambda e: e["landed"].update(peer=e["landed"]["peer"] + 1))
    change(expectation, lambda e: e["collisions"][0].update(rule="acs.p2p-egress-direct"))
    change(expectation, lambda e: e.update(memory_digest="0x1"))
    change(expectation, lambda e: e.update(simulated_ns={"value": 1, "tolerance": 0.5}))
    outputs = []
    for jobs in (1, 4):
        done = iommusim.run("regress", root / "platforms", "--junit", f"out{jobs}.xml", "--jobs", jobs)
        checks.equal(done.returncode, 1, "tampered: exit code")
        outputs.append(done.stdout)
    checks.equal(without_times(outputs[0]), without_times(outputs[1]), "tampered: 1 and 4 jobs")
    for line in (r"FAILED   .*/" + NAME + r"\.yaml \(.*\)", r" +landed\.peer: found 6, expected 7",
                 r" +collisions\[kind=peer-hijack device=nic0 rule=acs\.p2p-egress-direct where=sw0-dp0\]\.count: "
                 r"found 0, expected 6", r" +memory_digest: found 0x[0-9a-f]+, expected 0x1",
                 r" +simulated_ns: found [0-9.]+, expected 1 within 50 %"):
        checks.expect(re.search(f"^{line}$", outputs[0], re.MULTILINE), f"no line {line} in {outputs[0]}")
    suite = ElementTree.parse(iommusim.folder / "out4.xml").getroot().find("testsuite")
    checks.equal(suite.get("failures"), "1", "tampered: JUnit failures")
    failed = [case for case in suite.iter("testcase") if case.find("failure") is not None]
    checks.equal([case.get("name") for case in failed], [NAME], "tampered: JUnit failure")
    checks.expect("found 6, expected 7" in failed[0].find("failure").text, "tampered: JUnit text")
    return root


def update_repairs(iommusim, checks, root):
    validator = jsonschema.Draft202012Validator(json.loads((iommusim.source / "docs/expect.schema.json").read_text()))
    expectation = root / "traces" / f"{NAME}.expect.json"
    change(expectation, lambda e: e.update(text="kept"))
    done = iommusim.run("regress", root / "platforms" / f"{NAME}.yaml", "--update")
    checks.equal(done.returncode, 0, "update: exit code")
    checks.expect("landed.peer: 7 -> 6\n" in done.stdout, f"update does not say what changed: {done.stdout}")
    updated = json.loads(expectation.read_text())
    original = json.loads((iommusim.source / "traces" / f"{NAME}.expect.json").read_text())
    checks.equal(updated["landed"], original["landed"], "update: landed")
    checks.equal(updated["text"], "kept", "update: text")
    validator.validate(updated)
    written = expectation.read_bytes()
    again = iommusim.run("regress", root / "platforms" / f"{NAME}.yaml", "--update")
    checks.expect(again.stdout.startswith("passed"), f"a second update changes something: {again.stdout}")
    checks.equal(expectation.read_bytes(), written, "a second update writes")
    checks.equal(iommusim.run("regress", root / "platforms").returncode, 0, "after the update")
    expectation.unlink()
    missing = iommusim.run("regress", root / "platforms" / f"{NAME}.yaml")
    checks.equal(missing.returncode, 2, "a missing expectation: exit code")
    checks.equal(iommusim.run("regress", root / "platforms" / f"{NAME}.yaml", "--update").returncode, 0, "a new one")
    checks.equal(json.loads(expectation.read_text())["landed"], original["landed"], "a new one: landed")


def bad_files_are_named(iommusim, checks):
    root = copy_of(iommusim, "bad")
    expectation = root / "traces" / f"{NAME}.expect.json"
    text = expectation.read_text()
    line = text[:text.index('"landed"')].count("\n") + 1
    expectation.write_text(text.replace('"landed"', '"landet"'))
    (root / "platforms" / "a-broken.yaml").write_text("platform: [\n")
    done = iommusim.run("regress", root / "platforms")
    checks.equal(done.returncode, 2, "bad files: exit code")
    checks.expect(f"{expectation}:{line}:3: landet: " in done.stdout, f"no position: {done.stdout}")
    checks.expect(done.stdout.startswith("ERROR "), f"the broken platform is not the first line: {done.stdout}")
    checks.expect("2 errors\n" in done.stdout, done.stdout)
    expectation.write_text(text)
    (root / "traces" / f"{NAME}.trace").unlink()
    done = iommusim.run("regress", root / "platforms" / f"{NAME}.yaml", "--junit", "bad.xml")
    checks.expect(f"           {root}/traces/{NAME}.trace: cannot open: " in done.stdout, f"no trace: {done.stdout}")
    checks.expect(done.stdout.endswith("1 scenario: 0 passed, 0 failed, 1 error\n"), f"plurals: {done.stdout}")
    case = ElementTree.parse(iommusim.folder / "bad.xml").getroot().find("testsuite/testcase")
    checks.equal(case.get("classname"), ".".join((root / "platforms").parts[1:]), "JUnit: class of an absolute path")
    (iommusim.folder / "empty").mkdir()
    for folder in ("empty", "missing"):
        refused = iommusim.run("regress", folder, "--junit", "never.xml")
        checks.equal(refused.returncode, 2, f"{folder}: exit code")
        checks.expect(command.MESSAGE.fullmatch(refused.stderr), f"{folder}: {refused.stderr!r}")
    checks.expect("never.xml" not in iommusim.files(), "a JUnit file without a run")


def slow_ones_are_ended(iommusim, checks):
    done = iommusim.run("regress", iommusim.source / "platforms" / "linux-vtd-capture.yaml", "--time-limit", "1ms",
                        "--junit", "slow.xml")
    checks.equal(done.returncode, 1, "time limit: exit code")
    checks.expect("--time-limit" in done.stdout, done.stdout)
    case = ElementTree.parse(iommusim.folder / "slow.xml").getroot().find("testsuite/testcase")
    checks.expect(case.find("failure") is not None, "time limit: JUnit")


def crashed_ones_are_named(iommusim, checks):
    """Nobody may write a file above 64 bytes: the kernel kills the runs when they write their results."""
    folder = iommusim.folder / "crashed"
    folder.mkdir()
    done = subprocess.run([str(iommusim.binary), "regress", str(iommusim.source / "platforms"), "--jobs", "2"],
                          cwd=folder, capture_output=True, text=True, timeout=command.LONGEST_RUN_SECONDS,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64)))
    checks.equal(done.returncode, 1, "crashes: exit code")
    count = len(ready(iommusim.source))
    checks.equal(done.stdout.count("killed by SIGXFSZ"), count, f"crashes: {done.stdout}")
    checks.expect(f"0 passed, {count} failed" in done.stdout, f"crashes: {done.stdout}")


def ready_ones_satisfy_the_schema(iommusim, checks):
    schema = json.loads((iommusim.source / "docs/expect.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for platform in ready(iommusim.source):
        for error in validator.iter_errors(json.loads(platforms.named_file(platform, "expectation").read_text())):
            checks.expect(False, f"{platform.stem}: {'.'.join(map(str, error.absolute_path))}: {error.message}")


def test(iommusim, checks):
    ready_ones_satisfy_the_schema(iommusim, checks)
    good_ones_pass(iommusim, checks)
    update_repairs(iommusim, checks, tampered_ones_fail(iommusim, checks))
    bad_files_are_named(iommusim, checks)
    slow_ones_are_ended(iommusim, checks)
    crashed_ones_are_named(iommusim, checks)


command.main(test)
