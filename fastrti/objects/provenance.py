"""Where an object comes from, as a graph of JSON-LD in the terms of PROV-O: files, people, programs, and what they did.

`docs/object_format.md` explains the graph and its vocabulary.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

import fastrti
from fastrti.errors import ArgumentError
from fastrti.text import shortened

Graph = dict[str, Any]
"""A document of JSON-LD: "@context" and the list "@graph" of its nodes; empty where nothing is known."""

CONTEXT: dict[str, Any] = {
    "@version": 1.1,
    "prov": "http://www.w3.org/ns/prov#",
    "schema": "https://schema.org/",
    "dcterms": "http://purl.org/dc/terms/",
    "exif": "http://www.w3.org/2003/12/exif/ns#",
    "fastrti": "urn:fastrti:",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    **{f"prov:{name}": {"@type": "@id"} for name in ("used", "wasGeneratedBy", "wasDerivedFrom", "wasInformedBy")},
    **{f"prov:{name}": {"@type": "@id"} for name in ("wasAssociatedWith", "wasAttributedTo")},
    **{f"prov:{name}": {"@type": "xsd:dateTime"} for name in ("startedAtTime", "endedAtTime", "generatedAtTime")},
    **{f"fastrti:{name}": {"@type": "@json"} for name in ("numbers", "settings")},
}
"""What the names of a graph mean. It stands in every graph, so that nobody has to fetch it."""

_DEEPEST = 32
_STEPS_SHOWN = 100
_WORDS_AT_MOST = 300
_ACTIVITY, _CREATOR, _OBJECT = "prov:Activity", "_:creator", "_:object-"
_UNSETTLED = ("notes", "seconds")  # of the results of a fit: said elsewhere, and different each time


def check_provenance(graph: object) -> None:
    """Raises ArgumentError unless this is empty, or JSON of at most 32 levels with a list "@graph" of objects."""
    nodes = graph.get("@graph") if isinstance(graph, dict) else None
    if graph == {}:
        return
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise ArgumentError("expected provenance as JSON-LD with a list '@graph' of objects, got something else")
    level: list[Any] = [graph]
    for _ in range(_DEEPEST):
        level = [inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer)]
        if not all(_is_json(value) for value in level):
            raise ArgumentError("expected provenance of texts, finite numbers, lists and objects, got other values")
        level = [value for value in level if isinstance(value, (dict, list))]
        if not level:
            return
    raise ArgumentError(f"expected provenance of at most {_DEEPEST} levels, got more")


def _is_json(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(isinstance(key, str) for key in value)
    return value is None or isinstance(value, (str, bool, int, list))


# --- writing ---------------------------------------------------------------------------------------------------------


def with_activity(graph: Graph, facts: Mapping[str, Any]) -> Graph:
    """The graph with an activity of this version of fastrti after all others; facts are its other keys."""
    agent = f"_:fastrti-{fastrti.__version__.replace('+', '-')}"
    if not any(node.get("@id") == agent for node in graph.get("@graph", [])):
        program = {"schema:name": "fastrti", "schema:softwareVersion": fastrti.__version__}
        graph = _with(graph, {"@id": agent, "@type": "prov:SoftwareAgent", **program})
    last = _last(graph, _is_activity)
    informed = {"prov:wasInformedBy": last} if last else {}
    start = {"@id": _fresh(graph, "activity"), "@type": "prov:Activity"}
    return _with(graph, {**start, **facts, "prov:wasAssociatedWith": agent, **informed})


def with_step(
    graph: Graph, name: str, sentence: str, settings: Mapping[str, Any], more: Mapping[str, Any] | None = None
) -> Graph:
    """The graph of an object that was made just now, from what a graph describes.

    Args:
        graph: of what it was made from; empty where that is not known.
        name: of the step: "fit", "distillation".
        sentence: what was done, for a person.
        settings: of the step, anything that JSON can hold.
        more: keys of the activity.
    """
    before = _last_object(graph)
    kept = {key: value for key, value in settings.items() if key not in _UNSETTLED}
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    graph = with_activity(
        graph,
        {
            "schema:name": name,
            "schema:description": sentence,
            "prov:endedAtTime": now,
            **(more or {}),
            **({"prov:used": before} if before else {}),
            "fastrti:settings": kept,
        },
    )
    node = {"@id": _fresh(graph, "object"), "@type": "prov:Entity", "prov:wasGeneratedBy": _last(graph, _is_activity)}
    return _with(graph, node | ({"prov:wasDerivedFrom": before} if before else {}))


def credited(graph: Graph, title: str, creator: str, rights: str) -> Graph:
    """The graph with what an object is called, who made it, and its rights; they take the place of earlier ones."""
    last = _last_object(graph)
    if last is None:
        return graph
    facts = {"dcterms:title": title, "dcterms:rights": rights, "prov:wasAttributedTo": creator and _CREATOR}
    nodes = []
    for node in graph["@graph"]:
        if node.get("@id") == last:
            node = {key: value for key, value in (node | facts).items() if key not in facts or value}
        if node.get("@id") != _CREATOR:
            nodes.append(node)
    agents = [{"@id": _CREATOR, "@type": "prov:Agent", "schema:name": creator}] if creator else []
    return graph | {"@graph": [*agents, *nodes]}


def _with(graph: Graph, node: dict[str, Any]) -> Graph:
    context = graph.get("@context", CONTEXT)
    own = node if context == CONTEXT else {"@context": CONTEXT, **node}  # names of another program may mean others
    return graph | {"@context": context, "@graph": [*graph.get("@graph", []), own]}


def _fresh(graph: Graph, kind: str) -> str:
    """An identifier that no node has yet."""
    taken = {node.get("@id") for node in graph.get("@graph", []) if isinstance(node.get("@id"), str)}
    return next(name for number in range(1, len(taken) + 2) if (name := f"_:{kind}-{number}") not in taken)


def _last_object(graph: Graph) -> str | None:
    return _last(graph, lambda node: str(node.get("@id")).startswith(_OBJECT))


def _last(graph: Graph, wanted: Callable[[dict[str, Any]], bool]) -> str | None:
    """The identifier of the last node of a kind."""
    names = [node.get("@id") for node in graph.get("@graph", []) if wanted(node)]
    return next((name for name in reversed(names) if isinstance(name, str)), None)


def _is_activity(node: Mapping[str, Any]) -> bool:
    kind = node.get("@type")
    return kind == _ACTIVITY or (isinstance(kind, list) and _ACTIVITY in kind)


# --- reading ---------------------------------------------------------------------------------------------------------


def steps(graph: Graph) -> list[tuple[str, str]]:
    """The name and the description of every activity of a graph, first to last, as a person reads them.

    They are texts of anybody's file: at most 100 steps of 300 letters.
    """
    activities = [node for node in graph.get("@graph", []) if _is_activity(node)]
    return [(_words(node, "schema:name") or "step", _described(node)) for node in activities[:_STEPS_SHOWN]]


def _described(node: Mapping[str, Any]) -> str:
    ended = "" if "prov:startedAtTime" in node else _words(node, "prov:endedAtTime")[: len("2026-01-31")]
    return ", ".join(filter(None, (_words(node, "schema:description"), ended)))


def _words(node: Mapping[str, Any], key: str) -> str:
    value = node.get(key)
    return shortened(value, _WORDS_AT_MOST) if isinstance(value, str) else ""
