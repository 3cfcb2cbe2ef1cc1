"""Memory that nobody fills: one page of a code object that a sleeping thread runs is handed to userfaultfd(2) and thrown
away, so that whoever reads it waits in the kernel. Thrown away on SIGUSR1, when both threads rest. argv: FIFO."""
import ctypes
import fcntl
import os
import signal
import struct
import threading

from ready import ready

PAGE = 4096
SYS_USERFAULTFD, MADV_DONTNEED = 323, 4
UFFDIO_API, UFFDIO_REGISTER, UFFD_API, MODE_MISSING = 0xC018AA3F, 0xC020AA00, 0xAA, 1

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
libc = ctypes.CDLL(None, use_errno=True)
scope = {"libc": libc}
# Long enough for malloc to give its code object a mapping of its own.
exec("def victim():\n libc.pause()\n" + " x = 1\n" * 40_000, scope)
threading.Thread(target=scope["victim"], name="victim", daemon=True).start()

start = id(scope["victim"].__code__) // PAGE * PAGE
uffd = libc.syscall(SYS_USERFAULTFD, os.O_CLOEXEC | os.O_NONBLOCK)
if uffd < 0:
    raise OSError(ctypes.get_errno(), "userfaultfd")
fcntl.ioctl(uffd, UFFDIO_API, struct.pack("QQQ", UFFD_API, 0, 0))
fcntl.ioctl(uffd, UFFDIO_REGISTER, struct.pack("QQQQ", start, PAGE, MODE_MISSING, 0))
ready()
signal.sigwait({signal.SIGUSR1})
libc.madvise(ctypes.c_void_p(start), PAGE, MADV_DONTNEED)
libc.pause()
