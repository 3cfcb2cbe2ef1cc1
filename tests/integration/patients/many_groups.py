"""Waits as a member of so many groups that what the kernel says of it no longer fits a page. argv: FIFO."""
import os
import signal

from ready import ready, sigint_like_a_terminal

sigint_like_a_terminal()
os.setgroups(range(1_000_000_000, 1_000_020_000))
ready()
signal.pause()
