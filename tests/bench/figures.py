# SPDX-License-Identifier: Apache-2.0
"""The figures and how each is taken: a measurement gives one sample of every figure that it knows, and is repeated."""
import collections
import json
import os
import re
import subprocess
import time

import workloads

Sample = collections.namedtuple("Sample", "per_second note")

FLAGSHIP = workloads.FOLDER.parent.parent / "platforms" / "nic-behind-non-acs-switch.yaml"
FLAGSHIP_OPERATION = "0ns nic0 write 0x1_0000_0000 64\n"
LONGEST_RUN_SECONDS = 3600


class Unavailable(Exception):
    """This build cannot give the figure."""


class Failed(Exception):
    """A command did not do what the figure needs."""


def start(command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=LONGEST_RUN_SECONDS)


class GoogleBenchmark:
    """Every benchmark of a program that uses Google Benchmark."""

    NOTES = {
        "translate-hit-vtd": "vtd::Unit::translate, 256 pages that the IOTLB holds",
        "translate-walk4-vtd": "vtd::Unit::translate without caches: root, context and four levels each time",
        "translate-evicting-walk4-vtd": "vtd::Unit::translate, four times the pages that the IOTLB holds",
        "translate-nested-vtd": "vtd::Unit::translate without caches: four first-stage levels nested in four second-stage "
                                "levels, 28 fetches each time",
        "translate-nested-hit-vtd": "vtd::Unit::translate, 256 nested pages that the IOTLB holds",
        "translate-nested-structures-vtd": "vtd::Unit::translate, nested, without IOTLB but with paging-structure caches",
        "translate-hit-smmuv3": "smmuv3, decision and effects, 256 pages that the TLB holds",
        "translate-walk4-smmuv3": "smmuv3, decision and effects without caches: stream table entry, context descriptor "
                                  "and four levels each time",
        "translate-nested-smmuv3": "smmuv3, decision and effects without caches: four levels of stage 1 nested in four of "
                                   "stage 2, the context descriptor too, each time",
        "translate-nested-hit-smmuv3": "smmuv3, decision and effects, 256 nested pages that the TLB holds",
        "bare-b-transport-4-hops": "bare SystemC: b_transport through four modules that read our extension and add a "
                                   "delay, the last one copies 64 bytes",
        "bare-4-phase": "bare SystemC: round trips of four phases between two modules, each with a PEQ",
        "bare-method-events": "bare SystemC: timed events that each wake an SC_METHOD",
    }

    def __init__(self, program, seconds, pattern):
        self._names = [name for name in self._listed(program) if re.search(pattern, name)]
        if any(name not in self.NOTES for name in self._names):
            raise Failed(f"{program.name} has a benchmark without a note: {self._names}")
        self._command = [program, "--benchmark_format=json", f"--benchmark_min_time={seconds}",
                         f"--benchmark_filter=^({'|'.join(self._names)})$"]

    def take(self):
        if not self._names:
            return {}
        done = start(self._command)
        if done.returncode != 0:
            raise Failed(f"{self._command[0].name}: exit code {done.returncode}: {done.stderr.strip()}")
        return {result["name"]: self._sample(result) for result in json.loads(done.stdout)["benchmarks"]}

    @staticmethod
    def _listed(program):
        done = start([program, "--benchmark_list_tests"])
        if done.returncode != 0:
            raise Failed(f"{program.name}: exit code {done.returncode}: {done.stderr.strip()}")
        return done.stdout.split()

    def _sample(self, result):
        if result.get("error_occurred"):
            raise Failed(f"{result['name']}: {result['error_message']}")
        # Not items_per_second: that counts processor time, and our other figures count the wall's.
        items = result["items_per_second"] * result["cpu_time"] / result["real_time"]
        return Sample(items, self.NOTES[result["name"]])


def timed_run(iommusim, timing, platform, trace, json_file):
    """Seconds of a whole `iommusim run`. Unavailable when the build does not know the timing."""
    command = [iommusim, "run", platform, trace, "--timing", timing, "--quiet", "--json", json_file]
    begin = time.perf_counter()
    done = start(command)
    seconds = time.perf_counter() - begin
    if done.returncode == 2 and "--timing" in done.stderr:
        raise Unavailable(f"this build refuses --timing {timing}")
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit code {done.returncode}: {done.stderr.strip()}")
    return seconds


class EndToEnd:
    """One workload in one timing: `iommusim run` on a trace, minus the same command on a trace of one operation.

    `form` of the trace: "binary", or "text", which takes longer to read.
    """

    def __init__(self, iommusim, timing, workload, count, folder, form="binary"):
        self.name = f"{timing}-{workload.name}" + ("" if form == "binary" else f"-{form}")
        self._form = form
        self._iommusim = iommusim
        self._timing = timing
        self._workload = workload
        self._count = count
        self._suffix = "btrace" if form == "binary" else "trace"
        self._trace = folder / f"{workload.name}.{count}.{self._suffix}"
        self._single = folder / f"{workload.name}.1.{self._suffix}"
        self._json = folder / "results.json"

    def prepare(self):
        """Writes the traces, and looks whether the build can replay them."""
        for path, count in ((self._trace, self._count), (self._single, 1)):
            if not path.exists():
                self._write(path, count)
        self._run(self._single)

    def _write(self, path, count):
        text = path.with_suffix(".trace")
        workloads.write_trace(self._workload, text, count)
        if text == path:
            return
        done = start([self._iommusim, "trace", "convert", text, path])
        if done.returncode != 0:
            raise Failed(f"trace convert: exit code {done.returncode}: {done.stderr.strip()}")

    def take(self):
        alone = self._run(self._single)
        whole = self._run(self._trace)
        if whole <= alone:
            raise Failed(f"{self.name}: {self._count} accesses take no longer than one: give more")
        return {self.name: Sample(self._count / (whole - alone), self._note())}

    def _run(self, trace):
        return timed_run(self._iommusim, self._timing, workloads.platform(self._workload), trace, self._json)

    def _note(self):
        """From the results of the last run, which must have gone where the workload says."""
        results = json.loads(self._json.read_text())
        landed = results["summary"]["landed"]
        if landed != {self._workload.landing: self._count} or results["summary"]["collisions"]["total"] != 0:
            raise Failed(f"{self.name}: expected {self._count} accesses in {self._workload.landing}, found {landed}")
        unit = results["iommus"]["dmar0"]
        lookups = unit["iotlb_hits"] + unit["iotlb_misses"]
        hits = f"; {100 * unit['iotlb_hits'] / lookups:.1f} % IOTLB hits" if lookups else ""
        return (f"{self._workload.text}{hits}; {self._form} trace of {self._count} accesses / (wall time of the run - wall time of the same "
                "command on one operation)")


class StartUp:
    """The whole command on the flagship with a trace of one operation: an upper bound of the time to first access."""

    def __init__(self, iommusim, folder):
        self.name = "start-up"
        self._iommusim = iommusim
        self._trace = folder / "flagship.trace"
        self._json = folder / "results.json"

    def prepare(self):
        self._trace.write_text(FLAGSHIP_OPERATION)
        self.take()

    def take(self):
        seconds = timed_run(self._iommusim, "loose", FLAGSHIP, self._trace, self._json)
        return {self.name: Sample(1 / seconds, f"1 / {1000 * seconds:.1f} ms: `iommusim run` on the flagship "
                                               "with a trace of one operation, from its start to its end")}
