"""COUNT sub-interpreters (first argument), legacy and isolated in turn, each run by a thread of its own and waiting for
a lock there; and PLAIN threads (second argument) that wait in the main interpreter."""
import os
import sys
import threading

import _interpreters

import ticker  # noqa: F401
from ready import ready

COUNT, PLAIN = map(int, sys.argv[2:4])
RUNNING_FRAMES = 3 + 1 + 11  # of threading, drive(); <module> and descend() in the sub-interpreter
PLAIN_FRAMES = 3 + 11
arrivals, arrived = os.pipe()
SCRIPT = f"""
import os, _thread
gate = _thread.allocate_lock()
gate.acquire()
def descend(levels):
    if levels > 1:
        return descend(levels - 1)
    os.write({arrived}, b".")
    return gate.acquire()
descend(10)
"""
gate = threading.Lock()


def drive(interp):
    _interpreters.exec(interp, SCRIPT)


def wait(levels):
    if levels > 1:
        return wait(levels - 1)
    os.write(arrived, b".")
    return gate.acquire()


gate.acquire()
for number in range(COUNT):
    made = _interpreters.create("isolated" if number % 2 else "legacy")
    threading.Thread(target=drive, args=(made,), daemon=True).start()
for _ in range(PLAIN):
    threading.Thread(target=wait, args=(11,), daemon=True).start()
for _ in range(COUNT + PLAIN):
    os.read(arrivals, 1)
ready(thread_states=2 * COUNT + PLAIN + 1, frames=COUNT * RUNNING_FRAMES + PLAIN * PLAIN_FRAMES + 1)
gate.acquire()
