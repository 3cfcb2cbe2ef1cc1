"""Maps a file that claims to be a huge libpython, then waits: argv[2] says in what it is huge."""
import mmap
import os
import signal
import struct
import sys
import tempfile

from ready import ready

KIND = sys.argv[2]
SECTIONS_AT, SYMBOLS_AT, NAMES_AT = 0x1000, 0x10000, 0x20000
HUGE = 512 << 20


def section(kind, offset, size, link=0, entry=0):
    return struct.pack("<IIQQQQIIQQ", 1, kind, 0, 0, offset, size, link, 0, 8, entry)


sections = HUGE // 64 if KIND == "sections" else 3
symbols = 24 << 24 if KIND == "symbols" else 24
names = HUGE if KIND == "names" else 18
order = 2 if KIND == "big-endian" else 1
header = b"\x7fELF" + bytes([2, order, 1]) + bytes(9) + struct.pack(
    "<HHIQQQIHHHHHH", 3, 62, 1, 0, 0, SECTIONS_AT, 0, 64, 56, 0, 64, 0 if sections > 3 else 3, 2)
table = section(0, 0, sections) + section(11, SYMBOLS_AT, symbols, 2, 24) + section(3, NAMES_AT, names)

with tempfile.NamedTemporaryFile(prefix="libpython-", dir=os.getcwd()) as crafted:
    crafted.truncate(3 * HUGE)
    os.pwrite(crafted.fileno(), header, 0)
    os.pwrite(crafted.fileno(), table, SECTIONS_AT)
    os.pwrite(crafted.fileno(), b"\0.data\0_PyRuntime\0", NAMES_AT)
    crafted.flush()
    mapped = mmap.mmap(crafted.fileno(), 4096, access=mmap.ACCESS_READ)
    if KIND == "cut":
        os.ftruncate(crafted.fileno(), SECTIONS_AT + 1)
    ready()
    signal.pause()
