#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/compare_bench.py tells builds apart that differ by more than the threshold, and says what is wrong with
a file.

Oracle: docs/benchmarks.md, and arithmetic on round numbers. Usage: compare_bench.py BINARY SOURCE_DIR
"""
import json
import subprocess
import sys

import command


def bench(figures, memory=()):
    return json.dumps({"figures": [{"name": name, "per_second": value, "note": ""} for name, value in figures],
                       "memory": [{"name": name, "max_rss_mib": value, "note": ""} for name, value in memory]})


def compare(iommusim, *words):
    script = iommusim.source / "scripts" / "compare_bench.py"
    return subprocess.run([sys.executable, str(script), *map(str, words)], cwd=iommusim.folder, capture_output=True,
                          text=True, timeout=command.LONGEST_RUN_SECONDS)


def slowdowns_are_found(iommusim, checks):
    iommusim.file("old.json", bench([("loose-writes", 1000), ("start-up", 20)], [("memory-100000", 100)]))
    for what, figures, memory, status, shown in (
            ("equal", [("loose-writes", 1000), ("start-up", 20)], 100, 0, "0 of 3 figures"),
            ("faster", [("loose-writes", 1200), ("start-up", 20)], 100, 0, "faster"),
            ("slower by 5 %", [("loose-writes", 950), ("start-up", 20)], 100, 0, "-5.0 %"),
            ("slower by 6 %", [("loose-writes", 940), ("start-up", 20)], 100, 1, "SLOWER"),
            ("start-up takes twice as long", [("loose-writes", 1000), ("start-up", 10)], 100, 1, "-50.0 %  SLOWER"),
            ("more memory", [("loose-writes", 1000), ("start-up", 20)], 106, 1, "MORE MEMORY"),
            ("less memory", [("loose-writes", 1000), ("start-up", 20)], 50, 0, "less memory"),
            ("a figure is gone", [("loose-writes", 1000)], 100, 1, "MISSING"),
            ("a figure is new", [("loose-writes", 1000), ("start-up", 20), ("loose-p2p", 5)], 100, 0, "new")):
        iommusim.file("new.json", bench(figures, [("memory-100000", memory)]))
        done = compare(iommusim, "old.json", "new.json")
        checks.equal((done.returncode, done.stderr), (status, ""), what)
        checks.expect(shown in done.stdout, f"{what}: {done.stdout}")


def threshold_is_heeded(iommusim, checks):
    iommusim.file("old.json", bench([("loose-writes", 1000)]))
    iommusim.file("new.json", bench([("loose-writes", 850)]))
    for threshold, status in (("0.1", 1), ("0.2", 0)):
        done = compare(iommusim, "old.json", "new.json", "--threshold", threshold)
        checks.equal(done.returncode, status, f"15 % slower, threshold {threshold}: exit code")


def another_machine_is_named(iommusim, checks):
    iommusim.file("old.json", bench([("bare-4-phase", 1000), ("loose-writes", 1000)]))
    iommusim.file("new.json", bench([("bare-4-phase", 500), ("loose-writes", 1000)]))
    done = compare(iommusim, "old.json", "new.json")
    checks.expect("bare SystemC itself changed by -50.0 %" in done.stdout, f"another machine: {done.stdout}")


def bad_files_are_named(iommusim, checks):
    good = iommusim.file("good.json", bench([("a", 1)]))
    for what, content, message in (
            ("not JSON", "{", "Expecting property name"),
            ("another document", "[]", "found no figures"),
            ("no figures", '{"figures": []}', "found no figures"),
            ("figures are no list", '{"figures": {"a": 1}}', "found dict, expected a list"),
            ("no name", '{"figures": [{"per_second": 1}]}', "figures[0]: found no name"),
            ("no number", '{"figures": [{"name": "a"}]}', "figures[0]: a: found per_second null"),
            ("a text", '{"figures": [{"name": "a", "per_second": "1"}]}', 'found per_second "1"'),
            ("zero", bench([("a", 0)]), "found per_second 0, expected a number above 0"),
            ("not a number", '{"figures": [{"name": "a", "per_second": NaN}]}', "found per_second NaN"),
            ("infinite", '{"figures": [{"name": "a", "per_second": Infinity}]}', "found per_second Infinity"),
            ("twice", bench([("a", 1), ("a", 1)]), "figures[1]: found a a second time"),
            ("memory below 0", bench([("a", 1)], [("m", -1)]), "memory[0]: m: found max_rss_mib -1")):
        bad = iommusim.file("bad.json", content)
        for words in ((good, bad), (bad, good)):
            done = compare(iommusim, *words)
            checks.equal((done.returncode, done.stdout), (2, ""), f"{what}: exit code and output")
            checks.expect(done.stderr.startswith("compare_bench.py: bad.json: ") and message in done.stderr
                          and done.stderr.count("\n") == 1, f"{what}: {done.stderr}")


def bad_words_are_refused(iommusim, checks):
    good = iommusim.file("good.json", bench([("a", 1)]))
    for words, message in (((good, "none.json"), "none.json: No such file"), ((good,), "required"),
                           ((good, good, "--threshold", "5"), "expected a share between 0 and 1"),
                           ((good, good, "--threshold", "nan"), "expected a share between 0 and 1"),
                           ((good, good, "--builds"), "the same tree twice"),
                           ((good, "none", "--builds", "--rounds", "0"), "expected at least 1"),
                           (("none", "nothing", "--builds"), "none: run_bench.py ended with exit code 1")):
        done = compare(iommusim, *words)
        checks.equal(done.returncode, 2, f"{words}: exit code")
        checks.expect(message in done.stderr and "Traceback" not in done.stderr, f"{words}: {done.stderr}")


def test(iommusim, checks):
    slowdowns_are_found(iommusim, checks)
    threshold_is_heeded(iommusim, checks)
    another_machine_is_named(iommusim, checks)
    bad_files_are_named(iommusim, checks)
    bad_words_are_refused(iommusim, checks)


command.main(test)
