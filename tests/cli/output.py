#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is written: all of it or an error, nothing left behind by signals, progress on terminals.

Oracle: docs/command-reference.md. Usage: output.py BINARY SOURCE_DIR
"""
import json
import os
import pathlib
import pty
import re
import signal
import subprocess
import tempfile
import threading
import time

import command

PLATFORM = "nic-behind-non-acs-switch"
FULL = pathlib.Path("/dev/full")
# Far longer than any machine needs from the start of a command to its work.
PATIENCE_SECONDS = 60


def every_command(iommusim):
    platform = iommusim.platform(PLATFORM)
    capture = iommusim.source / "tests/data/captures/vtd-legacy-strict"
    return (("run", platform), ("map", platform), ("explain", platform, "--device", "nic0", "--address", "0x1000"),
            ("validate", platform), ("validate", platform, "--dump-config"), ("regress", platform),
            ("trace", "info", iommusim.source / "traces" / f"{PLATFORM}.trace"), ("translate", capture),
            ("translate", capture, "--check", capture / "translations.jsonl"),
            ("conform", iommusim.source / "tests/data/oracle/vtd-cases.jsonl.zst"), ("--help",), ("run", "--help"),
            ("--version",))


def lost_output_is_an_error(iommusim, checks):
    for words in every_command(iommusim):
        what = " ".join(map(str, words))
        for name, output in (("full", FULL.open("w")), ("closed", None)):
            done = subprocess.run([str(iommusim.binary), *map(str, words)], cwd=iommusim.folder, stdout=output,
                                  stderr=subprocess.PIPE, text=True, timeout=command.LONGEST_RUN_SECONDS,
                                  preexec_fn=None if output else lambda: os.close(1))
            checks.equal(done.returncode, 2, f"{what}, standard output {name}: exit code")
            checks.expect(re.fullmatch(r"iommusim: standard output: cannot write: [^\n]+\n", done.stderr),
                          f"{what}, standard output {name}: {done.stderr!r}")
    done = subprocess.run([str(iommusim.binary), "run", str(iommusim.platform(PLATFORM)), "--json", "out.json"],
                          cwd=iommusim.folder, stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    checks.equal(done.returncode, 2, "results with standard output closed: exit code")
    json.loads((iommusim.folder / "out.json").read_text())


def endless_trace(iommusim, line="+1us nic0 msi 0"):
    """A pipe that gives operations until its reader has gone: the command never ends by itself."""
    pipe = iommusim.folder / "pipe"
    os.mkfifo(pipe)

    def feed():
        try:
            with pipe.open("w") as trace:
                while True:
                    trace.write((line + "\n") * 1000)
        except BrokenPipeError:
            pass

    threading.Thread(target=feed, daemon=True).start()
    return pipe


def remove_files(iommusim):
    for file in iommusim.files():
        (iommusim.folder / file).unlink()


def wait_for(condition):
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


def signals_leave_nothing_behind(iommusim, checks):
    platform = iommusim.platform(PLATFORM)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for words, output in ((("run", platform, "pipe", "--json", "out.json"), "out.json"),
                              (("trace", "convert", "pipe", "out.trace.zst"), "out.trace.zst")):
            old = iommusim.file(output, "from before")
            pipe = endless_trace(iommusim)
            running = subprocess.Popen([str(iommusim.binary), *map(str, words)], cwd=iommusim.folder)
            checks.expect(wait_for(lambda: len(iommusim.files()) == 3), f"{words[0]}: no temporary file")
            running.send_signal(number)
            checks.equal(running.wait(PATIENCE_SECONDS), -number, f"{words[0]}, {number.name}: how it ends")
            pipe.unlink()
            checks.equal(iommusim.files(), [old], f"{words[0]}, {number.name}: files")
            checks.equal((iommusim.folder / old).read_text(), "from before", f"{words[0]}, {number.name}: the old file")
            (iommusim.folder / old).unlink()


def ignored_signals_stay_ignored(iommusim, checks):
    """As under nohup."""
    pipe = endless_trace(iommusim)
    running = subprocess.Popen([str(iommusim.binary), "trace", "convert", "pipe", "out.trace"], cwd=iommusim.folder,
                               preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_for(lambda: len(iommusim.files()) == 2)
    running.send_signal(signal.SIGHUP)
    time.sleep(0.2)
    checks.equal(running.poll(), None, "a signal that is ignored")
    running.terminate()
    running.wait(PATIENCE_SECONDS)
    pipe.unlink()


def endless_scenario(iommusim):
    """A platform whose trace never ends."""
    text = iommusim.platform(PLATFORM).read_text()
    text = re.sub(r"^trace: .*$", "trace: pipe", text, flags=re.MULTILINE)
    text = re.sub(r"^expectation: .*$", "expectation: none.json", text, flags=re.MULTILINE)
    endless_trace(iommusim)
    return iommusim.file("platform.yaml", text)


def interrupted_regress_cleans_up(iommusim, checks):
    """Its folder of temporary files goes, and so do the runs that it started."""
    platform = endless_scenario(iommusim)
    with tempfile.TemporaryDirectory() as temporary:
        running = subprocess.Popen([str(iommusim.binary), "regress", platform], cwd=iommusim.folder,
                                   stdout=subprocess.DEVNULL, env={**os.environ, "TMPDIR": temporary})
        checks.expect(wait_for(lambda: list(pathlib.Path(temporary).glob("*/*.tmp"))), "regress: the run never began")
        running.send_signal(signal.SIGTERM)
        checks.equal(running.wait(PATIENCE_SECONDS), -signal.SIGTERM, "regress: how it ends")
        checks.equal(os.listdir(temporary), [], "regress: files in the folder for temporary ones")
    remove_files(iommusim)


def shown_on_terminal(iommusim, words, enough):
    """What a command writes to its terminal until `enough` stands there or it ends."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen([str(iommusim.binary), *map(str, words)], cwd=iommusim.folder, stderr=theirs,
                               stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = ""
    try:
        while not re.search(enough, shown):
            shown += os.read(ours, 4096).decode(errors="replace")
    except OSError:
        pass  # A terminal whose other side has gone.
    running.terminate()
    running.wait()
    os.close(ours)
    return shown


def long_work_shows_progress(iommusim, checks):
    platform = iommusim.platform(PLATFORM)
    capture = iommusim.source / "tests/data/captures/vtd-legacy-strict"
    answer = (capture / "translations.jsonl").read_text().splitlines()[0]
    cases = iommusim.source / "tests/data/oracle/vtd-cases.jsonl.zst"
    case = subprocess.run(["zstd", "-dc", str(cases)], capture_output=True, text=True).stdout.splitlines()[0]
    operation, event = "+1us nic0 msi 0", "vtd_inv_qi_fetch "

    # What a pipe still holds is not known. Reading is too fast for a file that takes it more than a second.
    for things, line, words in (
            ("operations", operation, ("trace", "info", "pipe")),
            ("operations", operation, ("trace", "convert", "pipe", "out.trace.zst")),
            ("operations", operation, ("validate", platform, "pipe")),
            ("lines", event, ("trace", "convert", "--from", "qemu-vtd", "pipe", "out.trace.zst"))):
        endless_trace(iommusim, line)
        expected = rf"\d+ {things}, [0-9.]+( million)?/s"
        shown = shown_on_terminal(iommusim, words, expected)
        checks.expect(re.search(expected, shown), f"{words[0]}: no progress in {shown[:200]!r}")
        remove_files(iommusim)

    # Megabytes that take each command several seconds.
    for things, name, line, megabytes, words in (
            ("operations", "long.trace", operation, 120, ("run", platform, "long.trace")),
            ("answers", "long.jsonl", answer, 250, ("translate", capture, "--check", "long.jsonl")),
            ("cases", "long.jsonl", case, 250, ("conform", "long.jsonl"))):
        iommusim.file(name, (line + "\n") * (megabytes * 1_000_000 // (len(line) + 1)))
        line = rf"\d+ {things}, [0-9.]+( million)?/s(, [^,]+ simulated)?, \d+ % done, \d+ s left"
        shown = shown_on_terminal(iommusim, words, line)
        checks.expect(re.search(line, shown), f"{words[0]}: no progress in {shown[:200]!r}")
        remove_files(iommusim)
    # The share of the work in a scenario is not known.
    shown = shown_on_terminal(iommusim, ("regress", endless_scenario(iommusim), "--time-limit", "20s"), "0 scenarios, ")
    checks.expect("0 scenarios, " in shown, f"regress: no progress in {shown[:200]!r}")
    remove_files(iommusim)


def short_work_shows_none(iommusim, checks):
    shown = shown_on_terminal(iommusim, ("run", iommusim.platform("msi-window-swallow")), "never")
    checks.equal(shown, "", "a short run on a terminal")


def test(iommusim, checks):
    if FULL.exists():
        lost_output_is_an_error(iommusim, checks)
        remove_files(iommusim)
    for check in (signals_leave_nothing_behind, ignored_signals_stay_ignored, interrupted_regress_cleans_up,
                  long_work_shows_progress, short_work_shows_none):
        check(iommusim, checks)


command.main(test)
