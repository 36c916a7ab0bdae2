"""A dashboard: rows of panels, variables, links to the others that keep what was chosen."""
from dataclasses import dataclass

from grafana.panel import DATASOURCE

SCHEMA = 39  # Grafana 10.4 and 11
WIDTH = 24
BOARDS = {  # uid: title, in the order of the links
    "pktvisor-fleet": "pktvisor: fleet",
    "pktvisor-agent": "pktvisor: one agent",
    "pktvisor-dns": "pktvisor: DNS",
    "pktvisor-network": "pktvisor: network",
    "pktvisor-health": "pktvisor: capture health",
    "pktvisor-resources": "pktvisor: resources",
}
# Variable: its name for people, a family that has the label. Each depends on those before it.
VARIABLES = {
    "instance": ("Agent", "pktvisor_build_info"),
    "policy": ("Policy", "pktvisor_completeness"),
    "tap": ("Tap", "pktvisor_completeness"),
    "handler": ("Handler", "pktvisor_completeness"),
}
ALL = ".*"  # so that series without the label are there, too


@dataclass
class Board:
    uid: str
    description: str
    rows: list
    one_agent: bool = False

    def model(self):
        return {
            "annotations": {"list": [GRAFANAS_ANNOTATIONS, ALERTS]},
            "description": self.description, "editable": True, "fiscalYearStartMonth": 0, "graphTooltip": 1,
            "id": None, "links": self.links(), "liveNow": False, "panels": list(self.panels()), "refresh": "1m",
            "schemaVersion": SCHEMA, "tags": ["pktvisor"],
            "templating": {"list": [datasource(), *self.variables()]},
            "time": {"from": "now-3h", "to": "now"}, "timepicker": {}, "timezone": "browser",
            "title": BOARDS[self.uid], "uid": self.uid, "version": 1, "weekStart": "",
        }

    def links(self):
        return [{"type": "link", "title": title.removeprefix("pktvisor: "), "url": f"/d/{uid}", "icon": "dashboard",
                 "tooltip": title, "tags": [], "asDropdown": False, "includeVars": True, "keepTime": True,
                 "targetBlank": False} for uid, title in BOARDS.items() if uid != self.uid]

    def variables(self):
        for name, (label, family) in VARIABLES.items():
            names = list(VARIABLES)
            own = [f'{before}=~"${before}"' for before in names[:names.index(name)]]
            many = not (self.one_agent and name == "instance")
            yield variable(name, label, f"label_values({selector(family, own)}, {name})", many)

    def panels(self):
        top, number = 0, 0
        for row in self.rows:
            number += 1
            head = {"id": number, "type": "row", "title": row.title, "collapsed": row.collapsed, "panels": [],
                    "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": top}}
            top += 1
            inside = []
            for panel, place in placed(row.panels, top):
                number += 1
                inside.append(panel.model(number, place))
            if row.collapsed:
                head["panels"], inside = inside, []
            else:
                top = max([top, *(one["gridPos"]["y"] + one["gridPos"]["h"] for one in inside)])
            yield head
            yield from inside


def selector(family, labels):
    return family + ("{" + ", ".join(labels) + "}" if labels else "")


def placed(panels, top):
    """Each panel with its gridPos: side by side as they fit."""
    left, height = 0, 0
    for panel in panels:
        if left + panel.width > WIDTH:
            top, left, height = top + height, 0, 0
        yield panel, {"h": panel.height, "w": panel.width, "x": left, "y": top}
        left, height = left + panel.width, max(height, panel.height)


def datasource():
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "regex": "",
            "current": {}, "hide": 0, "includeAll": False, "multi": False, "options": [], "refresh": 1,
            "skipUrlSync": False}


def variable(name, label, query, many):
    found = {"name": name, "label": label, "type": "query", "datasource": DATASOURCE, "definition": query,
             "query": {"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
             "regex": "", "hide": 0, "includeAll": many, "multi": many, "options": [], "refresh": 2,
             "skipUrlSync": False, "sort": 1, "current": {}}
    if many:
        found["allValue"] = ALL
        found["current"] = {"selected": True, "text": ["All"], "value": ["$__all"]}
    return found


GRAFANAS_ANNOTATIONS = {"builtIn": 1, "datasource": {"type": "grafana", "uid": "-- Grafana --"}, "enable": True,
                        "hide": True, "iconColor": "rgba(0, 211, 255, 1)", "name": "Annotations & Alerts",
                        "type": "dashboard"}
ALERTS = {"datasource": DATASOURCE, "enable": True, "hide": False, "iconColor": "red", "name": "Alerts",
          "expr": 'ALERTS{alertname=~"Pktvisor.+", alertstate="firing", instance=~"$instance"}',
          "step": "60s", "tagKeys": "severity", "textFormat": "{{instance}} {{policy}} {{handler}}",
          "titleFormat": "{{alertname}}", "useValueForTime": False}


def link(uid, title, **variables):
    """A link of a value: to a dashboard, where `variables` are set to labels of the series, and what else was
    chosen is kept. variables: {name: where its value is in Grafana's words}."""
    query = ["${datasource:queryparam}"]
    for name in VARIABLES:
        query.append(f"var-{name}=${{{variables[name]}}}" if name in variables else f"${{{name}:queryparam}}")
    return {"title": title, "url": f"/d/{uid}?" + "&".join(query) + "&${__url_time_range}", "targetBlank": False}


def label(name):
    """Of the series under the pointer."""
    return f"__field.labels.{name}"


def column(name):
    """Of the row of a table under the pointer."""
    return f"__data.fields.{name}"
