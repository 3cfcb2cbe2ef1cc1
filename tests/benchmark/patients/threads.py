"""COUNT threads besides main (first argument), each DEPTH frames deep (second), all waiting for one lock."""
import sys
import threading

import ticker  # noqa: F401
from ready import ready

COUNT, DEPTH = map(int, sys.argv[2:4])
OF_THREADING = 3  # _bootstrap, _bootstrap_inner, run
gate = threading.Lock()
arrived = threading.Semaphore(0)


def descend(levels):
    if levels > 1:
        return descend(levels - 1)
    arrived.release()
    return gate.acquire()


sys.setrecursionlimit(DEPTH + 1000)
gate.acquire()
for _ in range(COUNT):
    threading.Thread(target=descend, args=(DEPTH - OF_THREADING,), daemon=True).start()
for _ in range(COUNT):
    arrived.acquire()
ready(thread_states=COUNT + 1, frames=COUNT * DEPTH + 1)
gate.acquire()
