# SPDX-License-Identifier: Apache-2.0
"""Experiment 21: drives whose interrupts are posted to the processors that complete their I/O.

Three of the published figures make the parameters: 20.36 million I/O a second polled, 14.37 million with an interrupt for
each message, at 2.82 million interrupts. A processor serves one drive. What an interrupt costs it is the difference of the
times that it has for an I/O, over the interrupts of an I/O. The two figures with posting are left to be met.
"""
import random

import figures
from measure import Run, settings
from points import Measurement, Point

DRIVES = 4
POLLED, INTERRUPTED, INTERRUPTS = 20.36, 14.37, 2.82  # millions in a second, of all drives
POSTED = 14.90
NS_OF_IO = DRIVES * 1000 / POLLED
MESSAGES_OF_IO = INTERRUPTS / INTERRUPTED
HANDLER_NS = (DRIVES * 1000 / INTERRUPTED - NS_OF_IO) / MESSAGES_OF_IO
MESSAGES = 10000  # of each drive


def _messages():
    """Those of 14.90 million I/O a second, each drive's by chance: nobody published how they are spaced."""
    mean_ns = DRIVES * 1000 / (POSTED * MESSAGES_OF_IO)
    chance = random.Random(21)
    times = []
    for drive in range(DRIVES):
        at = 0.0
        for _ in range(MESSAGES):
            at += chance.expovariate(1 / mean_ns)
            times.append((at, drive))
    return tuple(f"{at:.3f}ns drive{drive} msi 0" for at, drive in sorted(times))


def posting(rows):
    handlers = settings(**{f"software__virtual_processors__cpu{i}__handler": f"{HANDLER_NS:.0f}ns"
                           for i in range(DRIVES)})
    run = Run("posting", _messages(), handlers)
    share = Measurement(run, figures.notified_share("dmar0"))
    for row in rows:
        if "I/O" in row.point:
            yield Point(row, (share,), lambda s: DRIVES * 1000 / (NS_OF_IO + MESSAGES_OF_IO * HANDLER_NS * s))
        else:
            yield Point(row, (share,), lambda s: POSTED * MESSAGES_OF_IO * s)
