"""Where a capture comes from, and what is said when it is none or ends too early."""
import contextlib
import fcntl
import gzip
import json
import os
import re
import signal
import struct
import subprocess
import termios
import time

import pytest

import made
from product import CAPTURES, READER, run

CAPTURE = CAPTURES / "dns_udp_tcp_random.pcap"  # 16,147 packets, 1.7 MB
PACKETS = 16147


def piped(data, *arguments):
    return subprocess.run([READER, *arguments, "-"], input=data, capture_output=True, timeout=60)


def zstd(data):
    try:
        return subprocess.run(["zstd", "-q", "-c"], input=data, capture_output=True, check=True).stdout
    except FileNotFoundError:
        pytest.skip("zstd is not installed")


CODINGS = {"plain": lambda data: data, "gz": gzip.compress, "zst": zstd,
           "two gzip members": lambda data: gzip.compress(data[:1000]) + gzip.compress(data[1000:])}


def window(output):
    (found,) = json.loads(output).values()
    return found


@pytest.mark.parametrize("coding", CODINGS)
def test_codings(coding, tmp_path):
    packed = CODINGS[coding](CAPTURE.read_bytes())
    path = tmp_path / "capture"
    path.write_bytes(packed)
    plain = run(CAPTURE).stdout
    assert run(path).stdout == plain
    assert piped(packed).stdout == plain


@pytest.mark.parametrize("content, text", [
    (b"", "not a capture file: empty"),
    (b"abc", "not a capture file"),
    (b"hello, this is no capture of anything", "not a capture file"),
    (gzip.compress(b""), "not a capture file: empty"),
    (gzip.compress(b"no capture either, only packed"), "not a capture file"),
])
def test_no_capture(content, text, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(content)
    for done, called in (run(path, check=False), path), (piped(content), "standard input"):
        assert (done.returncode, done.stdout) == (255, b"")
        assert done.stderr.decode() == f"Fatal error: Cannot open pcap/pcapng file: {called}: {text}\n"


@pytest.mark.parametrize("path, reason", [("/no/such/file", "No such file or directory"), ("/", "Is a directory")])
def test_no_file(path, reason):
    done = run(path, check=False)
    assert (done.returncode, done.stdout) == (255, b"")
    assert done.stderr.decode() == f"Fatal error: Cannot open pcap/pcapng file: {path}: {reason}\n"


def test_an_empty_capture():
    done = piped(made.pcap([]))
    assert done.returncode == 0
    assert done.stderr == b"processed 0 packets\n"
    assert window(done.stdout)["packets"]["total"] == 0


@pytest.mark.parametrize("workers", ["1", "3"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_cut_in_the_middle(share, workers, tmp_path):
    data = CAPTURE.read_bytes()
    whole = [end for end in made.records(data) if end <= share * len(data)]
    path = tmp_path / "cut.pcap"
    path.write_bytes(data[:whole[-1] + 20])  # 16 bytes of a record's header, 4 of its packet
    done = run("--workers", workers, path, check=False)
    assert done.returncode == 2
    assert window(done.stdout)["packets"]["total"] == len(whole)
    cut, sound = window(done.stdout), window(piped(data[:whole[-1]]).stdout)
    assert cut["completeness"].pop("input") == {**sound["completeness"].pop("input"), "complete": False,
                                                "damaged": True}
    assert cut == sound
    told = done.stderr.decode().splitlines()
    assert told[0] == f"processed {len(whole)} packets"
    assert len(told) == 2
    assert re.fullmatch(rf"{re.escape(str(path))}: damaged at byte {whole[-1]}: "
                        r"cut off after 20 of \d+ bytes by the end of the file", told[1])


def test_damage_in_the_middle():
    frames = [made.udp(made.query(b"example"))] * 1000
    data = bytearray(made.pcap(frames))
    at = made.records(data)[499]
    struct.pack_into("<I", data, at + 8, 0xfffffff0)  # the 501st record claims 4 GB
    done = piped(bytes(data))
    assert done.returncode == 2
    assert window(done.stdout)["packets"]["total"] == 500
    assert f"standard input: damaged at byte {at}: " in done.stderr.decode()


def test_damaged_coding():
    packed = gzip.compress(CAPTURE.read_bytes())
    done = piped(packed[:len(packed) // 2])
    assert done.returncode == 2
    assert 1000 < window(done.stdout)["packets"]["total"] < PACKETS
    assert re.search(r"\nstandard input: damaged at byte \d+: file ends inside compressed data: gzip\n$",
                     done.stderr.decode())


@pytest.mark.parametrize("form, begin", [("json", b'{"5m":{'), ("prometheus", b"# HELP "), ("text", b"16,1")])
def test_damage_leaves_every_form_whole(form, begin):
    done = piped(CAPTURE.read_bytes()[:-1], "--format", form)
    assert done.returncode == 2
    assert done.stdout.startswith(begin)
    assert done.stdout.endswith(b"\n")
    assert b"nothing is missing" not in done.stdout


class Fed:
    """The program with a pipe for its input that stays open."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([READER, *arguments, "-"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for pipe in self.process.stdin, self.process.stdout, self.process.stderr:
            pipe.close()

    def feed(self, data):
        """Writes, and waits until the program has taken it all."""
        self.process.stdin.write(data)
        self.process.stdin.flush()
        while struct.unpack("i", fcntl.ioctl(self.process.stdin, termios.FIONREAD, b"\0" * 4))[0]:
            time.sleep(0.01)

    def until_it_catches(self, number):
        status = f"/proc/{self.process.pid}/status"
        while not int(re.search(r"SigCgt:\s*(\w+)", open(status).read()).group(1), 16) >> (number - 1) & 1:
            time.sleep(0.01)

    def end(self, *signals):
        """Sends the signals, while the pipe stays open; status, stdout and stderr."""
        for number in signals:
            os.kill(self.process.pid, number)
        self.process.wait(timeout=20)
        return self.process.returncode, self.process.stdout.read(), self.process.stderr.read().decode()


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGINT]],
                         ids=["INT", "TERM", "INT twice"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_signal_prints_what_is_there(workers, signals):
    half = CAPTURE.read_bytes()[:CAPTURE.stat().st_size // 2]
    whole = made.records(half)
    with Fed("--workers", workers) as reader:
        reader.feed(half)
        status, output, told = reader.end(*signals)
    assert status == 0
    assert window(output)["packets"]["total"] == len(whole)
    seen, sound = window(output), window(piped(half[:whole[-1]]).stdout)
    assert seen["completeness"].pop("input") == {**sound["completeness"].pop("input"), "complete": False,
                                                 "stopped": True}
    assert seen == sound
    assert told.splitlines()[-1] == f"processed {len(whole)} packets"
    assert "damaged" not in told


@pytest.mark.parametrize("coding", ["gz", "zst"])
@pytest.mark.parametrize("form, said", [("json", b'"damaged":false,'), ("text", b"capture: stopped, ")])
def test_a_signal_within_compressed_data(coding, form, said):
    packed = CODINGS[coding](CAPTURE.read_bytes())
    with Fed("--format", form) as reader:
        reader.feed(packed[:len(packed) // 2])
        status, output, told = reader.end(signal.SIGINT)
    assert status == 0
    assert said in output
    assert "damaged" not in told


def test_a_signal_before_the_first_byte():
    with Fed() as reader:
        reader.until_it_catches(signal.SIGINT)
        status, output, told = reader.end(signal.SIGINT)
    assert (status, told) == (0, "processed 0 packets\n")
    assert window(output)["packets"]["total"] == 0


def test_text_says_that_it_was_stopped():
    data = made.pcap([made.udp(made.query(b"example"))] * 10)
    with Fed("--format", "text") as reader:
        reader.feed(data)
        _, output, _ = reader.end(signal.SIGINT)
    assert b"\nstopped before the end\n" in output


def test_progress_once_a_second():
    data = made.pcap([made.udp(made.query(b"example"))] * 10)
    with Fed() as reader:
        reader.feed(data)
        first = reader.process.stderr.readline().decode()
        reader.process.stdin.close()
        told = first + reader.end()[2]
    # How many there were when the first second was over is up to the machine.
    assert re.fullmatch(r"(processed \d+ packets \(\d+/s\)\n)+processed 10 packets\n", told)


def test_progress_on_a_terminal():
    data = made.pcap([made.udp(made.query(b"example"))] * 10)
    ours, theirs = os.openpty()
    with subprocess.Popen([READER, "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=theirs) as reader:
        reader.stdin.write(data)
        reader.stdin.flush()
        told = b""
        while b"\x1b[K" not in told:
            told += os.read(ours, 4096)
        reader.stdin.close()
        assert reader.wait(timeout=20) == 0
    os.close(theirs)
    with contextlib.suppress(OSError):  # the end of a terminal
        while more := os.read(ours, 4096):
            told += more
    os.close(ours)
    assert re.fullmatch(r"(\r\d+ packets \(\d+/s\)\x1b\[K)+\r\x1b\[Kprocessed 10 packets\r\n", told.decode())
