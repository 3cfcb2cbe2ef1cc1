"""README's first patient: a worker that asks its upstream without a time limit, and the upstream never answers."""
import json
import os
import socket
import sys

upstream = socket.create_server(("127.0.0.1", 0))


def fetch(job):
    connection = socket.create_connection(upstream.getsockname())
    connection.sendall(job.encode())
    return connection.recv(4096)


def handle(job):
    return fetch(job).decode()


def main():
    with open(sys.argv[1], "w", encoding="utf-8") as channel:
        channel.write(json.dumps({"ready": True, "pid": os.getpid()}) + "\n")
    for job in ("invoice 4711", "invoice 4712"):
        handle(job)


main()
