"""The founding hang (fixtures/gil_held_in_native_code); with the argument `idle`, one more interpreter is made last,
isolated and without any thread."""
import sys
import threading

import _interpreters
import trio

import ticker  # noqa: F401
from ready import announced, sigint_like_a_terminal

SCRIPT = """\
import re
def parse(text):
    return re.match(r"(a*)*b", text)
parse("a" * 60)
"""
KINDS = ["legacy", "isolated"] if "idle" in sys.argv[2:] else ["legacy"]


async def main():
    made = [_interpreters.create(kind) for kind in KINDS]
    script = announced(SCRIPT, thread_states=3)
    name = f"subint-driver[{made[0]}]"
    threading.Thread(target=_interpreters.exec, args=(made[0], script), name=name, daemon=True).start()
    await trio.sleep_forever()


sigint_like_a_terminal()
trio.run(main)
