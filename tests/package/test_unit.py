"""The unit and the first configuration, without a systemd that runs."""
import re

from running import AGENT, SOURCE, UNIT, need, run

EXPOSURE_MOST = 3.0


def with_program(folder):
    """The unit with the program of this build, which systemd-analyze looks for."""
    text, found = re.subn(r"^ExecStart=\S+", f"ExecStart={AGENT}", UNIT.read_text(), flags=re.M)
    assert found == 1
    unit = folder / "pktvisord.service"
    unit.write_text(text)
    return unit


def test_the_unit_is_valid(tmp_path):
    need("systemd-analyze")
    done = run("systemd-analyze", "verify", "--man=no", with_program(tmp_path), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_unit_is_hardened(tmp_path):
    need("systemd-analyze")
    said = run("systemd-analyze", "security", "--offline=true", "--no-pager", with_program(tmp_path)).stdout
    exposure = float(re.search(r"Overall exposure level for \S+: (\S+)", said)[1])
    print(f"exposure {exposure}")
    assert exposure <= EXPOSURE_MOST, said
    for row in ("CapabilityBoundingSet=~CAP_SYS_ADMIN", "CapabilityBoundingSet=~CAP_NET_ADMIN", "NoNewPrivileges=",
                "PrivateTmp=", "ProtectSystem=", "User=/DynamicUser="):
        assert re.search(rf"^✓ {re.escape(row)}", said, re.M), row


def test_the_first_configuration_is_valid():
    file = SOURCE / "packaging/pktvisord.yaml"
    done = run(AGENT, "--check-config", file)
    assert (done.stdout, done.stderr) == (f"{file}: valid\n", "")


def test_what_the_first_configuration_suggests_is_valid(tmp_path):
    """All of its examples at once."""
    lines = (SOURCE / "packaging/pktvisord.yaml").read_text().splitlines()
    begin = lines.index("visor:")
    example = re.compile(r"^( *)# ((?:  )*(?:- )?(?:\w+: .*|\w+:))$")
    text = "\n".join(lines[:begin] + [example.sub(r"\1\2", line) for line in lines[begin:]])
    for key in ("tls_cert: /etc", "geo_asn: /var", "host_spec:", "bpf:", "topn_count:", "only_rcode:"):
        assert re.search(rf"^ *{key}", text, re.M), key
    file = tmp_path / "all.yaml"
    file.write_text(text)
    done = run(AGENT, "--check-config", file)
    assert (done.stdout, done.stderr) == (f"{file}: valid\n", "")
