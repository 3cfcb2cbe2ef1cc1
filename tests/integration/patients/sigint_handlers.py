"""Ready with one kind of handler for SIGINT. argv: FIFO, which one. Sleeps then, with `threading` never imported by it."""
import functools
import signal
import sys
import time


def ready():
    with open(sys.argv[1], "w", encoding="utf-8") as channel:
        channel.write('{"ready": true}\n')


class Stopper:
    def stop(self, number, frame):
        pass

    def __call__(self, number, frame):
        pass


async def sleep_after_ready(sleep):
    ready()
    await sleep(3600)


kind = sys.argv[2]
if kind == "asyncio":
    import asyncio

    asyncio.run(sleep_after_ready(asyncio.sleep))
elif kind == "trio":
    import trio

    trio.run(sleep_after_ready, trio.sleep)
else:
    handlers = {
        "lambda": lambda number, frame: None,
        "method": Stopper().stop,
        "partial": functools.partial(functools.partial(Stopper().stop), frame=None),
        "instance": Stopper(),
        "class": Stopper,
        "builtin": print,
        "default": signal.default_int_handler,
    }
    signal.signal(signal.SIGINT, handlers[kind])
    ready()
    time.sleep(3600)
