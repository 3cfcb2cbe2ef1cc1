"""Threads whose Python frames are called from C in every way that there is, each asleep at the end; after SIGUSR1 one
computes in C."""
import ctypes
import re
import signal
import threading
import time

import _interpreters

from ready import ready, sigint_like_a_terminal

HOUR = 3600
COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
sigint_like_a_terminal()


def compare(_, __):
    time.sleep(HOUR)
    return 0


def sort():
    numbers = (ctypes.c_int * 4)(3, 1, 2, 0)
    ctypes.CDLL(None).qsort(numbers, 4, 4, COMPARE(compare))


class Slow:
    def __del__(self):
        time.sleep(HOUR)


def delete():
    slow = Slow()
    del slow


def numbers():
    yield from map(lambda seconds: time.sleep(seconds), [HOUR])


def generate():
    return list(numbers())


def interpreter():
    _interpreters.exec(_interpreters.create("legacy"), "def inner():\n import time\n time.sleep(3600)\ninner()")


def compute():
    re.match(r"(a+)+$", "a" * 60 + "b")


THREADS = [threading.Thread(target=target, name=target.__name__, daemon=True)
           for target in (sort, delete, generate, interpreter)]
for thread in THREADS:
    thread.start()
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
ready()
signal.sigwait({signal.SIGUSR1})  # when the others are asleep: what computes lets nobody go there
threading.Thread(target=compute, name="compute", daemon=True).start()
threading.Event().wait()
