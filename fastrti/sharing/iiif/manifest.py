"""Manifests and collections of the IIIF Presentation API 3.

Sources: https://iiif.io/api/presentation/3.0/, and the lighting map extension of the Bodleian Libraries' ARCHiOx
project, which no registry lists: a service beside the image service says which map a picture is.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastrti.objects.annotations import Annotation, annotation_page
from fastrti.objects.relightable import Relightable
from fastrti.sharing.facts import WORDS, Shown, plain
from fastrti.sharing.gallery import MANIFEST
from fastrti.sharing.iiif.labels import Label, language_map
from fastrti.sharing.site import COLLECTION, OBJECT, OBJECTS

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
ANNOTATIONS, CANVAS, PAINTING, LIGHTING_MAP = "annotations.json", "canvas.json", "painting.json", "lightingmap.json"

_CREATIVE_COMMONS = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/"
    r"(licenses/by(?:-nc)?(?:-sa|-nd)?/[1-4]\.[05](?:/[a-z]{2,3})?|publicdomain/(?:zero|mark)/1\.0)/?"
    r"(?:(?:deed|legalcode)(?:\.[\w-]{2,10})?)?"
)
_RIGHTS_STATEMENT = re.compile(
    r"https?://rightsstatements\.org/(?:vocab|page)/"
    r"(InC|InC-OW-EU|InC-EDU|InC-NC|InC-RUU|NoC-CR|NoC-NC|NoC-OKLR|NoC-US|CNE|UND|NKC)/1\.0/?"
)


@dataclass(frozen=True)
class Layer:
    """A picture of an object.

    Attributes:
        label: what a person reads.
        info: its `info.json`.
        map_type: "albedo", "normal" or "height"; nothing for a relit picture.
    """

    label: Label
    info: dict[str, Any]
    map_type: str = ""


def rights_uri(rights: str) -> str:
    """The URI of a licence of Creative Commons or a statement of RightsStatements.org; nothing for any other text."""
    text = rights.strip()
    if match := _CREATIVE_COMMONS.fullmatch(text):
        return f"http://creativecommons.org/{match[1]}/"
    if match := _RIGHTS_STATEMENT.fullmatch(text):
        return f"http://rightsstatements.org/vocab/{match[1]}/1.0/"
    return ""


def manifest_files(relightable: Relightable, said: Shown, layers: Sequence[Layer], base_url: str) -> dict[str, Any]:
    """The JSON documents of an object by name: its manifest, and those parts of it that have addresses of their own.

    Args:
        relightable: the object.
        said: what a list of objects says of it.
        layers: its pictures; the first one is what a client shows first.
        base_url: of the site, with a slash at its end.
    """
    here = f"{base_url}{OBJECTS}/{said.name}/"
    size = {"width": relightable.width, "height": relightable.height}
    painting = {
        "id": f"{here}{PAINTING}",
        "type": "AnnotationPage",
        "items": [
            {
                "id": f"{here}{PAINTING}#pictures",
                "type": "Annotation",
                "motivation": "painting",
                "target": f"{here}{CANVAS}",
                "body": {"type": "Choice", "items": [_image(layer) for layer in layers]},
            }
        ],
    }
    title = {"none": [said.title]}
    canvas: dict[str, Any] = {"id": f"{here}{CANVAS}", "type": "Canvas", "label": title, **size, "items": [painting]}
    files: dict[str, Any] = {}
    if relightable.annotations:
        canvas["annotations"] = [{"id": f"{here}{ANNOTATIONS}", "type": "AnnotationPage"}]
        files[ANNOTATIONS] = _notes(relightable.annotations, f"{here}{ANNOTATIONS}", f"{here}{CANVAS}")
    manifest: dict[str, Any] = {"id": f"{here}{MANIFEST}", "type": "Manifest", "label": title}
    manifest |= _credits(relightable, said)
    manifest |= {
        "thumbnail": [thumbnail(layers[0])],
        "rendering": [_link(f"{here}index.html", "Text", "viewer", "text/html")],
        "seeAlso": [_link(f"{here}{OBJECT}/info.json", "Dataset", "object", "application/json")],
        "partOf": [{"id": f"{base_url}{COLLECTION}", "type": "Collection"}],
        "items": [canvas],
    }
    files |= {MANIFEST: manifest, CANVAS: canvas, PAINTING: painting}
    return {name: {"@context": CONTEXT, **content} for name, content in files.items()}


def collection(objects: Sequence[tuple[Shown, Layer]], base_url: str) -> dict[str, Any]:
    """The collection of all manifests; each object comes with the picture of its thumbnail."""
    return {
        "@context": CONTEXT,
        "id": f"{base_url}{COLLECTION}",
        "type": "Collection",
        "label": language_map(WORDS["objects"]),
        "homepage": [_link(f"{base_url}index.html", "Text", "objects", "text/html")],
        "items": [
            {
                "id": f"{base_url}{OBJECTS}/{said.name}/{MANIFEST}",
                "type": "Manifest",
                "label": {"none": [said.title]},
                "thumbnail": [thumbnail(layer)],
            }
            for said, layer in objects
        ],
    }


def thumbnail(layer: Layer) -> dict[str, Any]:
    """The smallest size of a picture that is no stamp, as an image resource."""
    sizes = layer.info["sizes"]
    size = next((each for each in sizes if max(each.values()) >= 200), sizes[-1])
    id = layer.info["id"]
    picture = {"id": f"{id}/full/{size['width']},{size['height']}/0/default.jpg", "type": "Image"}
    return picture | {"format": "image/jpeg", **size, "service": [_image_service(id)]}


def lighting_map(layer: Layer) -> dict[str, Any]:
    """The service that says which map a picture is; the file at its address says the same."""
    profile = "http://iiif.io/api/extension/lightingmap"
    id = f"{layer.info['id']}/{LIGHTING_MAP}"
    return {"id": id, "type": "LightingMapExtension", "profile": profile, "mapType": layer.map_type}


def _image(layer: Layer) -> dict[str, Any]:
    id = layer.info["id"]
    services = [_image_service(id), *([lighting_map(layer)] if layer.map_type else ())]
    return {
        "id": f"{id}/full/max/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "width": layer.info["width"],
        "height": layer.info["height"],
        "label": layer.label,
        "service": services,
    }


def _image_service(id: str) -> dict[str, Any]:
    return {"id": id, "type": "ImageService3", "profile": "level0"}


def _credits(relightable: Relightable, said: Shown) -> dict[str, Any]:
    """Metadata, the statement that a client has to show, and the licence where it has an address."""
    uri = rights_uri(relightable.rights)
    facts = [(key, text) for key, text in said.facts if not (key == "rights" and uri)]
    found: dict[str, Any] = {"metadata": [_pair(key, text) for key, text in facts]}
    statement = ". ".join(text for key, text in facts if key in ("creator", "rights"))
    if statement:
        found["requiredStatement"] = _pair("attribution", statement)
    return found | ({"rights": uri} if uri else {})


def _pair(key: str, text: str) -> dict[str, Any]:
    return {"label": language_map(WORDS[key]), "value": {"none": [_as_value(text)]}}


def _as_value(text: str) -> str:
    """Clients show values as HTML if they look like it, and some of them always do."""
    return f"<span>{html.escape(text)}</span>" if "<" in text or "&" in text else text


def _link(id: str, type: str, words: str, format: str) -> dict[str, Any]:
    return {"id": id, "type": type, "label": language_map(WORDS[words]), "format": format}


def _notes(annotations: Sequence[Annotation], id: str, canvas: str) -> dict[str, Any]:
    """The annotations of an object as ones of its canvas. Their lights stay in them, for clients that know them."""
    page = annotation_page(annotations)
    for item in page["items"]:
        item["target"] |= {"type": "SpecificResource", "source": {"id": canvas, "type": "Canvas"}}
        for body in item["body"]:
            text = plain(body["value"])
            marked = "<" in text or "&" in text
            body |= {"value": _as_value(text), "format": "text/html" if marked else "text/plain"}
    return {"id": id, "type": "AnnotationPage", "items": page["items"]}
