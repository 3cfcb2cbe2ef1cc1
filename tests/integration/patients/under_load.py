"""A healthy program under load that checks itself. argv: FIFO, "trio" or "asyncio".

Its loop echoes bytes through a socket pair without end; every SIGUSR1 is counted by the loop's own signal support and
acknowledged by one line; a thread sits in a raw epoll_wait and counts EINTR, which is what a ptrace stop would cause.
At SIGTERM it prints what it counted and ends."""
import asyncio
import ctypes
import select
import signal
import socket
import sys
import threading

libc = ctypes.CDLL(None, use_errno=True)
EINTR = 4
interrupted = 0
stopping = threading.Event()


def count_eintr():
    global interrupted
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
    epoll = select.epoll()
    events = ctypes.create_string_buffer(12)
    while not stopping.is_set():
        if libc.epoll_wait(epoll.fileno(), events, 1, 20) < 0 and ctypes.get_errno() == EINTR:
            interrupted += 1


def ready():
    counter.start()  # only now: starting up interrupts a wait now and then, whoever looks
    with open(sys.argv[1], "w", encoding="utf-8") as channel:
        channel.write('{"ready": true}\n')


def say(*words):
    print(*words, flush=True)


async def run_trio():
    import trio

    async def echo(stream):
        while chunk := await stream.receive_some(100):
            await stream.send_all(chunk)

    async def ask(stream):
        number = 0
        while True:
            text = b"%09d" % number
            await stream.send_all(text)
            answer = b""
            while len(answer) < len(text):
                answer += await stream.receive_some(100)
            if answer != text:
                say("wrong answer", answer, text)
            number += 1

    left, right = (trio.SocketStream(trio.socket.from_stdlib_socket(end)) for end in socket.socketpair())
    with trio.open_signal_receiver(signal.SIGUSR1, signal.SIGTERM) as arrived:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(echo, right)
            nursery.start_soon(ask, left)
            ready()
            count = 0
            async for number in arrived:
                if number == signal.SIGTERM:
                    break
                count += 1
                say("signal", count)
            nursery.cancel_scope.cancel()


async def run_asyncio():
    loop = asyncio.get_running_loop()
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    done = asyncio.Event()
    count = 0

    def arrived():
        nonlocal count
        count += 1
        say("signal", count)

    async def echo():
        while chunk := await loop.sock_recv(right, 100):
            await loop.sock_sendall(right, chunk)

    async def ask():
        number = 0
        while True:
            text = b"%09d" % number
            await loop.sock_sendall(left, text)
            answer = b""
            while len(answer) < len(text):
                answer += await loop.sock_recv(left, 100)
            if answer != text:
                say("wrong answer", answer, text)
            number += 1

    loop.add_signal_handler(signal.SIGUSR1, arrived)
    loop.add_signal_handler(signal.SIGTERM, done.set)
    tasks = [asyncio.create_task(echo()), asyncio.create_task(ask())]
    ready()
    await done.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


counter = threading.Thread(target=count_eintr)
if sys.argv[2] == "trio":
    import trio

    trio.run(run_trio)
else:
    asyncio.run(run_asyncio())
stopping.set()
counter.join()
say("interrupted", interrupted)
