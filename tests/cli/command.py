# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command share: the real binary in a folder of its own, and a list of what went wrong."""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

# No command of these tests takes a minute, not even with sanitizers: longer means that it hangs.
LONGEST_RUN_SECONDS = 120

# iommusim: FILE:LINE:COLUMN: message; the place as far as it is known.
MESSAGE = re.compile(r"iommusim: (?P<place>[^\n]*?): [^\n]+\n")


class Command:
    """The binary, run in an empty temporary folder. Paths of the source tree are given through `source`."""

    def __init__(self, binary, source):
        self.binary = pathlib.Path(binary).resolve()
        self.source = pathlib.Path(source).resolve()
        self._folder = tempfile.TemporaryDirectory(prefix="iommusim-cli-")
        self.folder = pathlib.Path(self._folder.name)

    def run(self, *arguments):
        return subprocess.run([str(self.binary), *map(str, arguments)], cwd=self.folder, capture_output=True, text=True,
                              timeout=LONGEST_RUN_SECONDS, errors="replace")

    def platform(self, name):
        return self.source / "platforms" / f"{name}.yaml"

    def file(self, name, content):
        """Writes a file into the folder; gives its name."""
        data = content if isinstance(content, bytes) else content.encode()
        (self.folder / name).write_bytes(data)
        return name

    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def results(self, *arguments):
        """results.json of a run that must succeed."""
        return self._json("run", *arguments)

    def explanation(self, *arguments):
        return self._json("explain", *arguments)

    def map(self, *arguments):
        return self._json("map", *arguments)

    def _json(self, command, *arguments):
        output = self.folder / "out.json"
        done = self.run(command, *arguments, "--json", output)
        if done.returncode != 0:
            raise RuntimeError(f"{command} {' '.join(map(str, arguments))}: exit code {done.returncode}: {done.stderr}")
        document = json.loads(output.read_text())
        output.unlink()
        return document


def size(text):
    """Bytes of a size as the formats write it: 64KiB, 0x1000."""
    digits = str(text).rstrip("KMGTiB")
    powers = {"": 0, "B": 0, "KiB": 1, "MiB": 2, "GiB": 3, "TiB": 4}
    return int(digits, 0) << 10 * powers[str(text)[len(digits):]]


class Checks:
    """Prints what fails; status() is the exit code of the test."""

    def __init__(self):
        self.done = 0
        self.failed = 0
        self._begin = time.monotonic()

    def expect(self, condition, message):
        self.done += 1
        if not condition:
            self.failed += 1
            print(f"FAILED: {message}")
        return condition

    def equal(self, found, expected, what):
        return self.expect(found == expected, f"{what}: expected {expected}, found {found}")

    def status(self):
        print(f"{self.done} checks, {self.failed} failed, {time.monotonic() - self._begin:.1f} s")
        return 1 if self.failed or not self.done else 0


def main(test):
    """Runs `test(command, checks)` for: SCRIPT BINARY SOURCE_DIR."""
    checks = Checks()
    test(Command(sys.argv[1], sys.argv[2]), checks)
    sys.exit(checks.status())
