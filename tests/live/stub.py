"""Stands for a daemon on its real socket: takes every connection and, asked for HTTP, answers with nothing.

usage: stub.py SOCKET http|silent
"""

import os
import socket
import sys
import threading


def serve(client):
    client.settimeout(3)
    try:
        while request := client.recv(65536):
            if sys.argv[2] == "http":
                body = b"[]" if b"/json" in request.split(b"\r\n")[0] else b"{}"
                head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\n"
                client.sendall(head + body)
    except OSError:
        pass
    client.close()


server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
server.listen(16)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
