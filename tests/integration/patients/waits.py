"""One thread for each kind of wait whose end has a name."""
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time

from ready import ready, sigint_like_a_terminal

HOUR = 3600
sigint_like_a_terminal()
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
timed = socket.create_connection(listener.getsockname())
timed.settimeout(HOUR)
fifo = os.path.join(tempfile.mkdtemp(), "queue")
os.mkfifo(fifo)
ends = [os.pipe()[0] for _ in range(3)]
child = subprocess.Popen(["/bin/sleep", "1000"])


def at_fifo():
    with open(fifo):
        pass


def at_select():
    select.select(ends, [], [])


WAITS = {
    "recv": lambda: client.recv(1),
    "timed_recv": lambda: timed.recv(1),
    "child": child.wait,
    "sleep": lambda: time.sleep(HOUR),
    "open": at_fifo,
    "select": at_select,
}
threads = [threading.Thread(target=wait, name=name, daemon=True) for name, wait in WAITS.items()]
for thread in threads:
    thread.start()
ready(client=client.getsockname(), timed=timed.getsockname(), server=listener.getsockname(), child=child.pid, fifo=fifo,
      ends=ends)
threads[0].join()
sys.exit("joined a thread that waits")
