"""Starts the patient's C thread that ticks while the benchmark asks it to (ticker.cc)."""
import ctypes
import os

_library = ctypes.CDLL(os.environ["TICKER_LIBRARY"])
