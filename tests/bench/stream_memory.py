#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The most memory that `iommusim run` takes for a trace that comes through a pipe.

    stream_memory.py IOMMUSIM ACCESSES [--limit MIB] [--timing loose|approx]

Prints it, and exits with 1 when it is not below the limit. The operating system counts this interpreter's memory at the
moment of the start, too: the result is never below that.
"""
import argparse
import os
import subprocess
import sys
import time

import workloads

ACCESSES_AT_ONCE = 16384


def stream(pipe, accesses):
    """The writes workload. It repeats itself, so that one piece of text is enough for any length."""
    piece = list(workloads.WORKLOADS[0].lines(ACCESSES_AT_ONCE))
    whole = "".join(piece).encode()
    for _ in range(accesses // ACCESSES_AT_ONCE):
        pipe.write(whole)
    pipe.write("".join(piece[:accesses % ACCESSES_AT_ONCE]).encode())


def measure(iommusim, accesses, timing="loose"):
    """MiB and seconds. Throws RuntimeError when the run fails."""
    platform = workloads.platform(workloads.WORKLOADS[0])
    begin = time.monotonic()
    running = subprocess.Popen([str(iommusim), "run", str(platform), "/dev/stdin", "--timing", timing, "--quiet"],
                               stdin=subprocess.PIPE)
    try:
        with running.stdin as pipe:
            stream(pipe, accesses)
    except BrokenPipeError:
        pass  # It says itself why it ended.
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    if running.returncode != 0:
        raise RuntimeError(f"iommusim run: exit code {running.returncode}")
    return usage.ru_maxrss / 1024, time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("iommusim", help="the binary")
    parser.add_argument("accesses", type=int)
    parser.add_argument("--limit", type=float, metavar="MIB", default=float("inf"))
    parser.add_argument("--timing", default="loose")
    options = parser.parse_args()
    mebibytes, seconds = measure(options.iommusim, options.accesses, options.timing)
    print(f"{options.accesses} accesses from a pipe in {seconds:.1f} s, at most {mebibytes:.1f} MiB")
    return 0 if mebibytes < options.limit else 1


if __name__ == "__main__":
    sys.exit(main())
