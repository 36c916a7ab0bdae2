"""A panel: what it asks, and how Grafana draws it (Grafana's JSON model of a dashboard, schema 39)."""
from dataclasses import dataclass, field

from grafana.query import about, select, unit_of

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
MINUTE = "1m"  # as often as there is something new; $__rate_interval is four of them
PLUGIN_VERSION = "11.0.0"  # what the options are those of
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # that name queries


@dataclass
class Panel:
    title: str
    queries: dict            # what the legend, or the column, says: expression
    kind: str = "timeseries"
    note: str = ""           # said before what the tables say of the metrics
    unit: str = ""           # Grafana's name; else that of the first metric
    width: int = 8           # of 24
    height: int = 8
    stack: bool = False
    bad: tuple = ()          # thresholds: (orange, red), or (red,)
    maximum: float = None
    links: list = field(default_factory=list)
    # Of a table: {column: {"unit": …, "bad": …}}, and the column of labels whose cells have the links.
    columns: dict = field(default_factory=dict)
    linked: str = ""

    def model(self, number, place):
        """The panel as JSON; place: gridPos."""
        return {"id": number, "type": self.kind, "title": self.title, "gridPos": place,
                "description": about(self.note, self.queries.values()), "datasource": DATASOURCE,
                "fieldConfig": {"defaults": self.defaults(), "overrides": self.overrides()},
                "options": OPTIONS[self.kind], "pluginVersion": PLUGIN_VERSION,
                "targets": list(self.targets()), "transformations": TRANSFORMATIONS.get(self.kind, [])}

    def targets(self):
        instant = self.kind in ("table", "bargauge", "stat")
        for letter, (legend, expression) in zip(LETTERS, self.queries.items()):
            yield {"datasource": DATASOURCE, "editorMode": "code", "expr": select(expression),
                   "format": FORMATS.get(self.kind, "time_series"), "instant": instant, "range": not instant,
                   "interval": MINUTE, "legendFormat": legend, "refId": letter}

    def defaults(self):
        unit, words = unit_of(next(iter(self.queries.values())))
        if self.unit:
            unit, words = self.unit, ""
        found = {"unit": unit, "color": {"mode": COLOURS.get(self.kind, "palette-classic")}, "mappings": [],
                 "links": [] if self.linked else self.links, "thresholds": thresholds(self.bad), "min": 0}
        if self.maximum is not None:
            found["max"] = self.maximum
        if self.kind == "timeseries":
            found["custom"] = lines(words, self.stack)
        return found

    def overrides(self):
        """Each query of a table is a column of its own."""
        if self.kind != "table":
            return []
        found = [of_column(f"Value #{letter}", self.column(name, expression))
                 for letter, (name, expression) in zip(LETTERS, self.queries.items())]
        return [*found, of_column(self.linked, [{"id": "links", "value": self.links}])]

    def column(self, name, expression):
        own = self.columns.get(name, {})
        yield {"id": "displayName", "value": name}
        yield {"id": "unit", "value": own.get("unit") or unit_of(expression)[0]}
        if "bad" in own:
            yield {"id": "thresholds", "value": thresholds(own["bad"])}
            yield {"id": "color", "value": {"mode": "thresholds"}}
            yield {"id": "custom.cellOptions", "value": {"type": "color-text"}}


@dataclass
class Row:
    title: str
    panels: list
    collapsed: bool = False


def of_column(name, properties):
    return {"matcher": {"id": "byName", "options": name}, "properties": list(properties)}


def thresholds(bad):
    colours = ["orange", "red"] if len(bad) == 2 else ["red"]
    return {"mode": "absolute", "steps": [{"color": "green", "value": None}, *(
        {"color": colour, "value": value} for colour, value in zip(colours, bad))]}


def lines(words, stack):
    return {"axisLabel": words, "axisPlacement": "auto", "drawStyle": "line", "lineInterpolation": "linear",
            "lineWidth": 1, "fillOpacity": 30 if stack else 8, "gradientMode": "none", "showPoints": "never",
            "spanNulls": False, "scaleDistribution": {"type": "linear"},
            "stacking": {"group": "A", "mode": "normal" if stack else "none"}, "thresholdsStyle": {"mode": "off"}}


# By the kind of panel.
FORMATS = {"table": "table", "heatmap": "heatmap"}
COLOURS = {"stat": "thresholds", "bargauge": "continuous-BlPu"}
TRANSFORMATIONS = {"table": [{"id": "merge", "options": {}}, {"id": "organize", "options": {
    "excludeByName": {"Time": True}, "indexByName": {}, "renameByName": {}}}]}
LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
OPTIONS = {
    "timeseries": {
        "legend": {"calcs": ["lastNotNull", "max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"}},
    "stat": {
        "colorMode": "value", "graphMode": "none", "justifyMode": "auto", "orientation": "auto",
        "percentChangeColorMode": "standard", "reduceOptions": LAST, "showPercentChange": False, "textMode": "auto",
        "wideLayout": True},
    "bargauge": {
        "displayMode": "gradient", "maxVizHeight": 300, "minVizHeight": 16, "minVizWidth": 8, "namePlacement": "left",
        "orientation": "horizontal", "reduceOptions": LAST, "showUnfilled": False, "sizing": "auto",
        "valueMode": "color"},
    "table": {
        "cellHeight": "sm", "footer": {"countRows": False, "reducer": ["sum"], "show": False}, "frameIndex": 0,
        "showHeader": True},
    "heatmap": {
        "calculate": False, "cellGap": 1, "cellValues": {},
        "color": {"exponent": 0.5, "fill": "dark-orange", "mode": "scheme", "reverse": False, "scale": "exponential",
                  "scheme": "Oranges", "steps": 64},
        "exemplars": {"color": "rgba(255,0,255,0.7)"}, "filterValues": {"le": 1e-09}, "legend": {"show": True},
        "rowsFrame": {"layout": "auto"}, "showValue": "never", "tooltip": {"mode": "single", "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": "s"}},
}
