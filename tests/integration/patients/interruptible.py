"""Every call that sleeps, each in a thread of its own, straight from the C library: whoever is interrupted, or told another
end than its own, is counted. At SIGTERM one line for each call, and the end."""
import ctypes
import errno
import os
import select
import signal
import socket
import struct
import tempfile
import threading

from ready import ready

LIMIT_NS = 20_000_000
SYS_FUTEX, FUTEX_WAIT_PRIVATE = 202, 128
CLOCK_MONOTONIC, TIMER_ABSTIME = 1, 1
libc = ctypes.CDLL(None, use_errno=True)
stopping = threading.Event()
counts = {}


class Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


def limit():
    return ctypes.byref(Timespec(0, LIMIT_NS))


def until():
    now = Timespec()
    libc.clock_gettime(CLOCK_MONOTONIC, ctypes.byref(now))
    end = now.nanoseconds + LIMIT_NS
    return ctypes.byref(Timespec(now.seconds + end // 10**9, end % 10**9))


def with_receive_limit(end):
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", 0, LIMIT_NS // 1000))
    return end


buffer = ctypes.create_string_buffer(4096)
epoll = select.epoll()
silent, other = socket.socketpair()
with_receive_limit(silent)
listener = with_receive_limit(socket.create_server(("127.0.0.1", 0)))
pipe_read, pipe_write = os.pipe()
event = os.eventfd(0)
inotify = libc.inotify_init()
watched = tempfile.NamedTemporaryFile()
libc.inotify_add_watch(inotify, watched.name.encode(), 2)
semaphore = libc.semget(0, 1, 0o600)
down = ctypes.create_string_buffer(struct.pack("@Hhh", 0, -1, 0))
signals = ctypes.create_string_buffer(struct.pack("@Q120x", 1 << (signal.SIGUSR2 - 1)))
word = ctypes.c_int(0)
mutex, condition = ctypes.create_string_buffer(64), ctypes.create_string_buffer(64)
monotonic = ctypes.create_string_buffer(8)
libc.pthread_condattr_init(monotonic)
libc.pthread_condattr_setclock(monotonic, CLOCK_MONOTONIC)
libc.pthread_cond_init(condition, monotonic)
libc.pthread_mutex_lock(mutex)

TIMED_OUT = (-1, errno.EAGAIN)
# What each returns, and errno where that is -1, when nobody disturbs it.
CALLS = {
    "epoll_wait": (lambda: libc.epoll_wait(epoll.fileno(), buffer, 1, LIMIT_NS // 10**6), (0, None)),
    "epoll_pwait2": (lambda: libc.epoll_pwait2(epoll.fileno(), buffer, 1, limit(), None), (0, None)),
    "poll": (lambda: libc.poll(None, 0, LIMIT_NS // 10**6), (0, None)),
    "pselect": (lambda: libc.pselect(0, None, None, None, limit(), None), (0, None)),
    "recv": (lambda: libc.recv(silent.fileno(), buffer, 1, 0), TIMED_OUT),
    "accept": (lambda: libc.accept(listener.fileno(), None, None), TIMED_OUT),
    "sigtimedwait": (lambda: libc.sigtimedwait(signals, None, limit()), TIMED_OUT),
    "semtimedop": (lambda: libc.semtimedop(semaphore, down, 1, limit()), TIMED_OUT),
    "nanosleep": (lambda: libc.nanosleep(limit(), None), (0, None)),
    "clock_nanosleep": (lambda: libc.clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, until(), None), (0, None)),
    "futex": (lambda: libc.syscall(SYS_FUTEX, ctypes.byref(word), FUTEX_WAIT_PRIVATE, 0, limit()),
              (-1, errno.ETIMEDOUT)),
    "pthread_cond_timedwait": (lambda: libc.pthread_cond_timedwait(condition, mutex, until()), (errno.ETIMEDOUT, None)),
    "read": (lambda: libc.read(pipe_read, buffer, 1), (1, None)),
    "read of an eventfd": (lambda: libc.read(event, buffer, 8), (8, None)),
    "read of inotify": (lambda: libc.read(inotify, buffer, 16), (16, None)),
}


def loop(name):
    call, undisturbed = CALLS[name]
    while not stopping.is_set():
        returned = call()
        end = (returned, ctypes.get_errno() if returned == -1 else None)
        if end != undisturbed:
            counts[name] = counts.get(name, 0) + 1
            counts[f"{name} gave"] = end


def feed():
    while not stopping.is_set():
        os.write(pipe_write, b"x")
        os.eventfd_write(event, 1)
        os.pwrite(watched.fileno(), b"x", 0)
        stopping.wait(LIMIT_NS / 10**9)


signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR2})
threads = [threading.Thread(target=loop, args=(name,), name=name) for name in CALLS]
for thread in threads:
    thread.start()
feeder = threading.Thread(target=feed)
feeder.start()
ready()
signal.sigwait({signal.SIGTERM})
stopping.set()
feeder.join()
os.write(pipe_write, b"x")
os.eventfd_write(event, 1)
os.pwrite(watched.fileno(), b"x", 0)
for thread in threads:
    thread.join()
libc.semctl(semaphore, 0, 0)
for name in CALLS:
    print(name, "disturbed", counts.get(name, 0), counts.get(f"{name} gave", ""))
