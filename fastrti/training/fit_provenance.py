"""What an object that was fitted to photographs keeps of where it comes from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import fastrti
from fastrti.objects.provenance import CONTEXT, Graph, with_activity, with_step
from fastrti.photographs.corrections import Correction
from fastrti.photographs.exif import ExifFacts
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.sources import SourceFile
from fastrti.text import listed


def fit_provenance(mlic: Mlic, training: Mapping[str, Any]) -> Graph:
    """The graph of an object that was fitted to a collection just now.

    Args:
        mlic: the collection as it was fitted to: its files, circumstances and corrections.
        training: the settings and results of the fit.
    """
    capture = list(_captured(mlic))
    others = [file for file in mlic.sources if file.role != "photograph"]
    files = [{"@id": f"_:file-{number}", **_file(file)} for number, file in enumerate(others, 1)]
    graph: Graph = {"@context": CONTEXT, "@graph": [*capture, *files]}
    for correction in mlic.corrections:
        graph = with_activity(graph, _corrected(correction))
    used = {"prov:used": [node["@id"] for node in (capture[-1], *files)]}
    return with_step(graph, "fit", _fitted(training), training, used)


def _captured(mlic: Mlic) -> Iterator[dict[str, Any]]:
    """The photographer, the capture and the photographs."""
    told = mlic.circumstances
    photographs = [file for file in mlic.sources if file.role == "photograph"]
    exifs = [file.exif or ExifFacts() for file in photographs]
    alike = _alike([_equipment(exif) for exif in exifs])
    dates = sorted(exif.taken for exif in exifs if exif.taken)
    if told.photographer:
        yield {"@id": "_:photographer", "@type": "prov:Agent", "schema:name": told.photographer}
    facts = {
        "schema:description": _capture_sentence(mlic, exifs, dates),
        "prov:startedAtTime": dates[0] if dates else "",
        "prov:endedAtTime": dates[-1] if dates else "",
        "prov:wasAssociatedWith": told.photographer and "_:photographer",
        "schema:location": told.place,
        "fastrti:equipment": told.equipment,
        **alike,
    }
    yield {
        "@id": "_:capture",
        "@type": "prov:Activity",
        "schema:name": "capture",
        **{key: value for key, value in facts.items() if value},
    }
    members = []
    for file, exif in zip(photographs, exifs):
        own = {key: value for key, value in _equipment(exif).items() if key not in alike}
        members.append({**_file(file), **({"prov:generatedAtTime": exif.taken} if exif.taken else {}), **own})
    named = members or [{"@type": "prov:Entity", "schema:name": name} for name in mlic.names]
    yield {
        "@id": "_:photographs",
        "@type": "prov:Collection",
        "prov:wasGeneratedBy": "_:capture",
        "prov:hadMember": named,
    }


def _equipment(exif: ExifFacts) -> dict[str, Any]:
    exposure, camera = exif.exposure, exif.camera
    facts = {
        "fastrti:camera": camera.name,
        "fastrti:lens": camera.lens,
        "exif:focalLength": camera.focal_length,
        "exif:exposureTime": exposure and exposure.seconds,
        "exif:fNumber": exposure and exposure.f_number,
        "exif:isoSpeedRatings": exposure and exposure.iso,
    }
    return {key: value for key, value in facts.items() if value}


def _alike(facts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What all have in common."""
    first = facts[0] if facts else {}
    return {key: value for key, value in first.items() if all(other.get(key) == value for other in facts)}


def _capture_sentence(mlic: Mlic, exifs: Sequence[ExifFacts], dates: Sequence[str]) -> str:
    cameras = list(dict.fromkeys(str(exif.camera) for exif in exifs if str(exif.camera)))
    exposures = list(dict.fromkeys(str(exif.exposure) for exif in exifs if exif.exposure))
    told = mlic.circumstances
    parts = [
        f"{len(mlic)} photographs",
        listed(cameras),
        listed(exposures),
        " to ".join(dict.fromkeys((*dates[:1], *dates[-1:]))).replace("T", " "),
        told.place,
        told.photographer and f"by {told.photographer}",
        told.equipment,
    ]
    return ", ".join(filter(None, parts))


def _file(file: SourceFile) -> dict[str, Any]:
    role = {} if file.role == "photograph" else {"fastrti:role": file.role}
    return {"@type": "prov:Entity", "schema:name": file.name, **role, "schema:sha256": file.sha256}


def _corrected(correction: Correction) -> dict[str, Any]:
    return {
        "schema:name": correction.name,
        "schema:description": correction.sentence,
        "fastrti:numbers": correction.numbers,
    }


def _fitted(training: Mapping[str, Any]) -> str:
    method = training.get("student") or training.get("method")
    return f"{method} by fastrti {fastrti.__version__}, {training['psnr']:.2f} dB on {training['psnr_of']}"
