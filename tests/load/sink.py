"""A receiver that takes everything and keeps nothing: sink.py PORT, on loopback. When it is ended it says what
came, as JSON: {path: [requests, bytes]}. It does as little as it can, since it shares the machine with the
agent that is measured."""
import http.server
import json
import signal
import sys
from collections import defaultdict

taken = defaultdict(lambda: [0, 0])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.rfile.read(length)
        taken[self.path][0] += 1
        taken[self.path][1] += length
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("ready", flush=True)
    try:
        server.serve_forever()
    finally:
        print(json.dumps(taken), flush=True)


if __name__ == "__main__":
    main()
