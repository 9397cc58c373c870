# SPDX-License-Identifier: Apache-2.0
"""Runs of the iommusim command: their traces, their settings, and the numbers in their results."""
import concurrent.futures
import dataclasses
import itertools
import json
import math
import pathlib
import subprocess
import threading

PLATFORMS = pathlib.Path(__file__).with_name("platforms")
# Where every platform here has its window.
MEMORY = 1 << 32
# No run takes a minute, not even with sanitizers.
LONGEST_RUN_SECONDS = 300


@dataclasses.dataclass(frozen=True)
class Workload:
    """The options of `iommusim trace generate`."""
    operation: str
    size: int
    count: int
    window: int
    device: str = "nfp0"
    base: int = MEMORY
    pattern: str = "random"
    interval: str = "0ns"

    def words(self):
        options = {name: getattr(self, name) for name in ("device", "operation", "size", "count", "base", "window",
                                                          "pattern", "interval")}
        return [word for name, value in options.items() for word in (f"--{name}", str(value))]


@dataclasses.dataclass(frozen=True)
class Run:
    """`traces`: workloads whose operations take turns, or the lines of a trace. `more`: YAML behind the file."""
    platform: str
    traces: tuple
    settings: tuple = ()
    more: str = ""


def settings(**values):
    """Settings by path, with __ for a dot: timing__window=64."""
    return tuple((path.replace("__", "."), str(value)) for path, value in values.items())


class Failure(Exception):
    """A command that did not do what it was asked for."""


class Laboratory:
    """Generates traces and runs them, each once, in `folder`. Safe to use from several threads."""

    def __init__(self, binary, folder):
        self._binary = str(binary)
        self._folder = pathlib.Path(folder)
        self._numbers = itertools.count()
        self._traces = {}
        self._lock = threading.Lock()
        # What did not work, and how often a run was made.
        self.failures = []
        self.runs = 0

    def results(self, run, timing):
        """The results.json of a run; None, and one of `failures` more, when there is none."""
        self.runs += 1
        try:
            return self._results(run, timing)
        except (Failure, subprocess.TimeoutExpired) as failure:
            self.failures.append(str(failure))
            return None

    def _results(self, run, timing):
        output = self._new_file("json")
        words = [word for path, value in run.settings for word in ("--set", f"{path}={value}")]
        self._call("run", self._platform(run), self._trace(run.traces), "--timing", timing, "--quiet",
                   "--json", output, *words)
        document = json.loads(output.read_text())
        output.unlink()
        return document

    def _platform(self, run):
        file = PLATFORMS / f"{run.platform}.yaml"
        if not run.more:
            return file
        longer = self._new_file("yaml")
        longer.write_text(file.read_text() + "\n" + run.more)
        return longer

    def _trace(self, parts):
        with self._lock:
            if parts not in self._traces:
                self._traces[parts] = self._make(parts)
            return self._traces[parts]

    def _make(self, parts):
        file = self._new_file("trace")
        if len(parts) == 1 and isinstance(parts[0], Workload):
            self._call("trace", "generate", file, *parts[0].words())
            return file
        if isinstance(parts[0], str):
            lines = parts
        else:
            sources = [self._make((part,)).read_text().splitlines() for part in parts]
            lines = itertools.chain.from_iterable(zip(*sources))
        file.write_text("\n".join(lines) + "\n")
        return file

    def _new_file(self, suffix):
        return self._folder / f"{next(self._numbers)}.{suffix}"

    def _call(self, *words):
        words = [self._binary, *map(str, words)]
        done = subprocess.run(words, capture_output=True, text=True, timeout=LONGEST_RUN_SECONDS)
        if done.returncode != 0:
            raise Failure(f"{' '.join(words)}: exit code {done.returncode}: {done.stderr.strip()}")


def measure_all(laboratory, points, timing, jobs, progress):
    """The figures of all measurements, by point: a list of lists. Equal runs are made once."""
    runs = list(dict.fromkeys(m.run for point in points for m in point.measurements))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        documents = {}
        futures = {pool.submit(laboratory.results, run, timing): run for run in runs}
        for done in concurrent.futures.as_completed(futures):
            documents[futures[done]] = done.result()
            progress(timing, len(documents), len(runs))
    return [[_figure(laboratory, m, documents[m.run]) for m in point.measurements] for point in points]


def _figure(laboratory, measurement, document):
    """Not a number, when there is none."""
    if document is None:
        return math.nan
    try:
        return measurement.figure(document)
    except KeyError as member:
        laboratory.failures.append(f"the results of {measurement.run} have no member {member}")
        return math.nan
