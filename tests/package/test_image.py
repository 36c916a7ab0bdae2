"""The container image: its recipe's steps in a Debian made here, and its content as a runtime would run it."""
import json
import re
import shutil
import sys
from pathlib import Path

import pytest

import roots
from running import SOURCE, need, run

sys.path.insert(0, str(SOURCE / "tests/live"))

from namespaces import wait_until, wire  # noqa: E402

RECIPE = SOURCE / "packaging/container/Containerfile"
COMPRESSED_MOST = 40_000_000  # bytes of all layers
VERSION = re.search(r"version: '(.*)'", (SOURCE / "meson.build").read_text())[1]
RAW = "CAP_NET_RAW"


class Store:
    """buildah with a store of its own, and no registry."""

    def __init__(self, folder):
        self.words = ["buildah", "--root", folder / "store", "--runroot", folder / "run", "--storage-driver", "vfs"]

    def __call__(self, *words):
        return run(*self.words, *words).stdout.strip()

    def base(self):
        """A Debian like those that registries have."""
        container = self("from", "scratch")
        run("cp", "-a", f"{roots.made_once()}/.", self("mount", container))
        shutil.copy("/etc/resolv.conf", Path(self("mount", container)) / "etc")
        self("commit", "-q", "--rm", container, "localhost/base")
        return "localhost/base"


class Image:
    def __init__(self, store, folder):
        store("build", "--isolation", "chroot", "--format", "docker", "--build-arg", f"BASE={store.base()}",
              "--file", RECIPE, "--ignorefile", f"{RECIPE}.dockerignore", "--tag", "pktvisor", SOURCE)
        container = store("from", "--pull-never", "pktvisor")
        self.path = Path(store("mount", container))
        self.config = json.loads(store("inspect", "--format", "{{.Config}}", container))["config"]
        store("push", "-q", "--format", "oci", "pktvisor", f"oci:{folder}/oci:pktvisor")
        self.oci = folder / "oci"

    def command(self, *words, capabilities=RAW, entry=True, **variables):
        """What a runtime starts, as the user and with the variables that the image says."""
        user = self.config["User"].split(":")[0]
        environment = self.config["Env"] + [f"{name}={value}" for name, value in variables.items()]
        return ["unshare", "--mount", sys.executable, "-B", Path(__file__).with_name("contain.py"), self.path, user,
                capabilities, *environment, "--", *(self.config["Entrypoint"] if entry else []), *words]

    def health(self, process):
        return self.command(*self.config["Healthcheck"]["Test"][1:], str(process), entry=False)


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    need("buildah", "debootstrap", "unshare", root=True)
    roots.own_mounts()
    folder = tmp_path_factory.mktemp("image")
    yield Image(Store(folder), folder)
    shutil.rmtree(folder, ignore_errors=True)


def test_its_layers_are_small(image):
    index = json.loads((image.oci / "index.json").read_text())
    blob = image.oci / "blobs/sha256"
    manifest = json.loads((blob / index["manifests"][0]["digest"].split(":")[1]).read_text())
    size = sum(layer["size"] for layer in manifest["layers"])
    print(f"{len(manifest['layers'])} layers, {size / 1e6:.1f} MB compressed")
    assert size <= COMPRESSED_MOST


def test_it_says_who_runs_what(image):
    assert image.config["User"] == "65532:65532"
    assert image.config["Entrypoint"] == ["/usr/bin/pktvisor-entry"]
    assert image.config["Healthcheck"]["Test"] == ["CMD", "/usr/bin/pktvisor-health"]
    assert list(image.config["ExposedPorts"]) == ["10853/tcp"]


def test_nothing_in_it_has_rights_but_the_agent(image):
    need("getcap")
    granted = run("getcap", "-r", image.path).stdout.replace(str(image.path), "").splitlines()
    assert granted == ["/usr/sbin/pktvisord cap_net_raw=p"]
    assert run("find", image.path, "-perm", "/6000").stdout == ""
    assert run("find", image.path, "-perm", "-o+w", "!", "-type", "l", "!", "-path", f"{image.path}/tmp").stdout == ""
    writable = run("find", image.path, "-user", "65532", "-printf", "%P\n").stdout
    assert writable == "var/lib/pktvisor\n"


def test_every_file_of_debian_has_its_licence(image):
    packages = {path.name for path in (image.path / "var/lib/dpkg/status.d").iterdir()}
    assert {"libc6", "libgnutls30", "libpcap0.8", "busybox-static"} <= packages
    for name in packages:
        assert (image.path / f"usr/share/doc/{name}/copyright").is_file(), name


@pytest.mark.parametrize("word, said", [("pktvisord", "pktvisor"), ("pktvisor-reader", "pktvisor-reader"),
                                        ("pktvisor-pcap", "pktvisor-reader")])
def test_programs_start(image, word, said):
    assert run(*image.command(word, "--version")).stdout == f"{said} {VERSION}\n"


def test_all_tools_start(image):
    for program in (image.path / "usr/bin").iterdir():
        if program.name not in ("pktvisor-entry", "pktvisor-health"):
            run(*image.command(program.name, "--help"))


def test_without_the_right_it_says_so(image):
    done = run(*image.command("lo", "-p", "0", capabilities=""), check=False)
    assert done.returncode == 1 and "no right to capture packets" in done.stderr


def test_it_captures_and_is_healthy(image):
    need("curl", "ip", "ping")
    with wire() as pair, pair.server.program("image", *image.command(PKTVISOR_PCAP_IFACE_DEFAULT="s0")) as agent:
        def get(path):
            return pair.server.run("curl", "-sS", "--max-time", 20, f"localhost:10853{path}", check=False).stdout

        agent.wait_for(lambda: "default_pcap" in get("/api/v1/taps"), "an answer")

        def sees_packets():
            """Those of before may be of a minute that is over."""
            pair.client.run("ping", "-c", 1, pair.SERVER_V4)
            return re.search(r'"in":[1-9]', get("/api/v1/metrics/bucket/0"))
        wait_until(sees_packets, "packets")
        assert pair.server.run(*image.health(agent.process.pid)).returncode == 0
        agent.stop()
        assert pair.server.run(*image.health(pair.server.holder.pid), check=False).returncode != 0


@pytest.fixture(scope="module")
def secrets(image):
    """A certificate, its key and a token, for the image's user."""
    need("openssl")
    folder = image.path / "secrets"
    folder.mkdir()
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
        "-subj", "/CN=localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    (folder / "token").write_text("# of this test\n0123456789abcdef0123456789abcdef\n")
    for path in folder.iterdir():
        path.chmod(0o444)
    return folder


@pytest.mark.parametrize("where", [
    ["-l", "0.0.0.0", "-p", "8080"],
    ["-l::1"],
    ["-l", "unix:/tmp/api"],
    ["--read-token-file", "/secrets/token"],
    ["--tls", "--tls-cert=/secrets/cert.pem", "--tls-key=/secrets/key.pem", "--read-token-file=/secrets/token"],
], ids=lambda where: where[0])
def test_health_finds_the_agent(image, secrets, where):
    need("nsenter")
    with wire() as pair, pair.server.program("image", *image.command(*where, "s0")) as agent:
        agent.wait_for_text("web server listening on")
        # In the container: with its mounts, as its user.
        user = image.config["User"].split(":")[0]
        pair.server.run("nsenter", f"--target={agent.process.pid}", "--mount", "--root", f"--setuid={user}",
                        f"--setgid={user}", *image.config["Healthcheck"]["Test"][1:], agent.process.pid)
