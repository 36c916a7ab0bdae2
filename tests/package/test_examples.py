"""Files of examples/ agree with each other, with the image and with the agent."""
import re
import sys

import pytest
import yaml

from running import AGENT, SOURCE, need, run

sys.path.insert(0, str(SOURCE / "tests/live"))

from namespaces import Namespace, wait_until  # noqa: E402

EXAMPLES = SOURCE / "examples"
KUBERNETES = EXAMPLES / "kubernetes"
RECIPE = (SOURCE / "packaging/container/Containerfile").read_text()
USER = int(re.search(r"^USER (\d+):", RECIPE, re.M)[1])
PORT = int(re.search(r"^EXPOSE (\d+)", RECIPE, re.M)[1])


def documents(path):
    return list(yaml.safe_load_all(path.read_text()))


def of_kind(path, kind):
    (found,) = [document for document in documents(path) if document["kind"] == kind]
    return found


def pod(name):
    found = [document for document in documents(KUBERNETES / name) if "template" in document.get("spec", {})]
    return found[0]["spec"]["template"]


def container(name):
    (found,) = [one for one in pod(name)["spec"]["containers"] if one["image"] == "pktvisor"]
    return found


def accepts(words):
    """The agent understands this command line."""
    assert run(AGENT, *words, "--version").stdout.startswith("pktvisor ")


@pytest.fixture(params=["daemonset.yaml", "sidecar.yaml"])
def name(request):
    return request.param


def test_least_rights(name):
    spec, own = pod(name)["spec"], container(name)["securityContext"]
    every = {**spec["securityContext"], **own}
    assert (every["runAsNonRoot"], every["runAsUser"], every["runAsGroup"]) == (True, USER, USER)
    assert own["capabilities"] == {"drop": ["ALL"], "add": ["NET_RAW"]}
    assert own["readOnlyRootFilesystem"] and "privileged" not in own
    assert every["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False and "hostPID" not in spec
    assert "memory" in container(name)["resources"]["limits"]


def test_command_lines_are_understood(name):
    one = container(name)
    known = {row["name"] for row in one["env"]}
    text = " ".join(one["args"])
    assert set(re.findall(r"\$\((\w+)\)", text)) == known
    accepts([re.sub(r"\$\(\w+\)", "192.0.2.1", word) for word in one["args"]])
    assert one["ports"][0]["containerPort"] == PORT


def test_volumes_and_secrets_are_there(name):
    spec, one = pod(name)["spec"], container(name)
    assert {mount["name"] for mount in one["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}
    secret = of_kind(KUBERNETES / name, "Secret")
    (volume,) = [volume for volume in spec["volumes"] if "secret" in volume]
    assert volume["secret"]["secretName"] == secret["metadata"]["name"]
    (mount,) = [mount for mount in one["volumeMounts"] if mount["name"] == volume["name"]]
    (key,) = secret["stringData"]
    assert f"{mount['mountPath']}/{key}" in one["args"]
    assert spec["securityContext"]["fsGroup"] == USER and volume["secret"]["defaultMode"] == 0o440


def test_probes_are_programs_of_the_image(name):
    for probe in ("livenessProbe", "readinessProbe"):
        (command,) = container(name)[probe]["exec"]["command"]
        assert command in RECIPE and (SOURCE / "packaging/container" / command.split("/")[-1]).is_file()


def test_the_map_is_a_configuration(tmp_path):
    ((name, text),) = of_kind(KUBERNETES / "daemonset.yaml", "ConfigMap")["data"].items()
    assert f"/etc/pktvisor/{name}" in container("daemonset.yaml")["args"]
    (tmp_path / name).write_text(text)
    run(AGENT, "--check-config", tmp_path / name)


def test_the_monitor_finds_the_agents():
    monitor, template = documents(KUBERNETES / "podmonitor.yaml")[0], pod("daemonset.yaml")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert endpoint["port"] in [port["name"] for port in container("daemonset.yaml")["ports"]]
    credentials = endpoint["authorization"]["credentials"]
    secret = of_kind(KUBERNETES / "daemonset.yaml", "Secret")
    assert (secret["metadata"]["name"], credentials["key"] in secret["stringData"]) == (credentials["name"], True)


def test_compose():
    folder = EXAMPLES / "compose"
    services = documents(folder / "compose.yaml")[0]["services"]
    agent = services["pktvisor"]
    assert (agent["cap_drop"], agent["cap_add"], agent["read_only"]) == (["ALL"], ["NET_RAW"], True)
    accepts(agent["command"])
    context = folder / agent["build"]["context"]
    assert context.resolve() == SOURCE.resolve() and (context / agent["build"]["dockerfile"]).is_file()
    for name in ("prometheus", "grafana"):
        assert all((folder / volume.split(":")[0]).exists() for volume in services[name]["volumes"])


def test_grafana_finds_the_dashboards():
    """What Prometheus and Grafana are told to read is where compose puts it, and where the package does."""
    (provider,) = documents(EXAMPLES / "grafana/dashboards.yaml")[0]["providers"]
    place = provider["options"]["path"]
    services = documents(EXAMPLES / "compose/compose.yaml")[0]["services"]
    for name in ("prometheus", "grafana"):
        assert f"../../dashboards:{place}:ro" in services[name]["volumes"]
    home = services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    (rules,) = documents(EXAMPLES / "prometheus/scrape.yml")[0]["rule_files"]
    for path in (home, rules):
        assert list((SOURCE / "dashboards").glob(path.removeprefix(place + "/")))
    assert f"{place[1:]}" in (SOURCE / "packaging/debian/pktvisor-dashboards.install").read_text()


def test_the_operator_gets_the_same_rules():
    rule = of_kind(KUBERNETES / "prometheusrule.yaml", "PrometheusRule")
    assert rule["spec"] == documents(SOURCE / "dashboards/alerts.yml")[0]
    assert rule["metadata"]["namespace"] == of_kind(KUBERNETES / "daemonset.yaml", "Namespace")["metadata"]["name"]


@pytest.mark.parametrize("name", sorted(path.name for path in (EXAMPLES / "prometheus").glob("*.yml")))
def test_prometheus_understands(name):
    need("promtool")
    run("promtool", "check", "config", EXAMPLES / "prometheus" / name)


MADE = """version: "1.0"
visor:
  taps: {made: {input_type: pcap, config: {pcap_source: mock}}}
  policies:
    default:
      kind: collection
      input: {tap: made, input_type: pcap}
      handlers: {modules: {net: {type: net}}}
"""


@pytest.fixture
def here(tmp_path):
    """A network of its own, with an agent's configuration in its folder."""
    need("prometheus", "unshare", "nsenter", "ip", "curl", root=True)
    (tmp_path / "agent.yaml").write_text(MADE)
    space = Namespace("here", str(tmp_path))
    try:
        space.run("ip", "link", "set", "lo", "up")
        yield space
    finally:
        space.close()


def wait_for_value(space, query):
    """Prometheus has a series that is more than 0."""
    wait_until(lambda: re.search(r'"value":\[[\d.]+,"[1-9]', space.run(
        "curl", "-s", "-g", f"localhost:9090/api/v1/query?query={query}", check=False).stdout), query, 60)


def test_prometheus_scrapes(here, tmp_path):
    text = (EXAMPLES / "prometheus/scrape.yml").read_text()
    (tmp_path / "scrape.yml").write_text(text.replace("scrape_interval: 60s", "scrape_interval: 1s"))
    with here.program("agent", str(AGENT), "--config", str(tmp_path / "agent.yaml")), \
            here.program("prometheus", "prometheus", f"--config.file={tmp_path}/scrape.yml",
                         f"--storage.tsdb.path={tmp_path}/data"):
        wait_for_value(here, 'up{job="pktvisor"}')


def test_prometheus_takes_what_is_written(here, tmp_path):
    """With the flags that the file names."""
    file = EXAMPLES / "prometheus/receive.yml"
    flags = re.search(r"prometheus --config.file=receive.yml (.*)", file.read_text())[1].split()
    url = re.search(r"--remote-write-url (\S+)", file.read_text())[1].replace("THIS-HOST", "localhost")
    with here.program("prometheus", "prometheus", f"--config.file={file}", f"--storage.tsdb.path={tmp_path}/data",
                      *flags), \
            here.program("agent", str(AGENT), "--config", str(tmp_path / "agent.yaml"), "--period-seconds", "1",
                         "--remote-write-url", url, "--queue-dir", str(tmp_path / "queue")):
        wait_for_value(here, 'packets_total{job="pktvisor"}')
