"""A receiver of the test's own, on loopback: it keeps what it was sent and answers as it is told."""
import gzip
import http.server
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field

import snappy

from definitions import otlp, remote_write

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]


def is_stale(value):
    return struct.pack("<d", value) == struct.pack("<d", STALE)


@dataclass
class Request:
    path: str
    headers: dict
    body: bytes
    at: float  # monotonic
    answer: object
    certificate: dict = None

    @property
    def write(self):
        """As remote write."""
        message = remote_write.WriteRequest()
        message.ParseFromString(snappy.uncompress(self.body))
        return message

    @property
    def export(self):
        """As OTLP."""
        message = otlp.ExportMetricsServiceRequest()
        message.ParseFromString(gzip.decompress(self.body))
        return message


@dataclass
class Answer:
    """How a request is answered: with a status; or never ("hang"); or by cutting the connection before
    an answer ("cut")."""
    status: int = 204
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    how: str = ""

    @property
    def taken(self):
        return not self.how and self.status // 100 == 2


class Receiver:
    """with Receiver() as r: r.url; r.plan is a list of answers for the next requests, then `r.usual`."""

    def __init__(self, path="/api/v1/write", port=0, tls=None):
        self.path, self.tls = path, tls
        self.requests, self.plan, self.usual = [], [], Answer()
        self.changed = threading.Condition()
        self.server, self.open = None, set()
        # The port stays ours while nobody listens there: a socket that only has it refuses connections.
        self.reserved = socket.socket()
        self.reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.reserved.bind(("127.0.0.1", port))
        self.port = self.reserved.getsockname()[1]

    @property
    def url(self):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}{self.path}"

    def start(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                receiver.open.add(self.request)
                super().setup()

            def finish(self):
                receiver.open.discard(self.request)
                super().finish()

            def do_POST(self):
                receiver.take(self)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request, client):
                pass  # the agent was killed, or does not like our certificate

        self.server = Server(("127.0.0.1", self.port), Handler)
        if self.tls:
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True,
                                                      do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def stop(self):
        """As if it had been killed: connections end, too."""
        if not self.server:
            return
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self.server = None

    __enter__ = start

    def __exit__(self, *arguments):
        self.stop()
        self.reserved.close()

    def take(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        peer = handler.request.getpeercert() if isinstance(handler.request, ssl.SSLSocket) else None
        with self.changed:
            answer = self.plan.pop(0) if self.plan else self.usual
            self.requests.append(Request(handler.path, dict(handler.headers), body,
                                         time.monotonic(), answer, peer))
            self.changed.notify_all()
        if answer.how == "hang":
            time.sleep(60)
        if answer.how:
            handler.close_connection = True
            handler.request.shutdown(socket.SHUT_RDWR)
            return
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(answer.body)))
        handler.end_headers()
        handler.wfile.write(answer.body)

    @property
    def taken(self):
        return [request for request in list(self.requests) if request.answer.taken]


def labels_of(series):
    return {label.name: label.value for label in series.labels}


def key_of(labels):
    return frozenset(labels.items())


def samples_of(requests):
    """{series: {ms: value}} of remote write; a series is a frozenset of its labels. Histograms are in
    there, too, as messages."""
    found = {}
    for request in requests:
        for series in request.write.timeseries:
            values = found.setdefault(key_of(labels_of(series)), {})
            for sample in series.samples:
                values[sample.timestamp] = sample.value
            for histogram in series.histograms:
                values[histogram.timestamp] = histogram
    return found


def at_time(samples, ms):
    """{series: value} of a minute; what has ended is left out."""
    found = {}
    for series, values in samples.items():
        value = values.get(ms)
        if value is None or ended(value):
            continue
        found[series] = value
    return found


def ended(value):
    return is_stale(value if isinstance(value, float) else value.sum)
