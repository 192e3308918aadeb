"""What a page, a feed or a manifest says about an object, and the words for it in the languages of the viewer."""

import re
import unicodedata
from dataclasses import dataclass

from fastrti.objects.relightable import Relightable

LANGUAGES = ("en", "de", "fr", "it", "es")

WORDS: dict[str, tuple[str, ...]] = {
    "creator": ("Creator", "Urheber", "Auteur", "Autore", "Autor"),
    "rights": ("Rights", "Rechte", "Droits", "Diritti", "Derechos"),
    "photographs": ("Photographs", "Fotografien", "Photographies", "Fotografie", "Fotografías"),
    "size": ("Size in pixels", "Größe in Pixeln", "Taille en pixels", "Dimensioni in pixel", "Tamaño en píxeles"),
    "scale": ("mm per pixel", "mm je Pixel", "mm par pixel", "mm per pixel", "mm por píxel"),
    "method": ("Method", "Verfahren", "Méthode", "Metodo", "Método"),
    "notes": ("Notes", "Notizen", "Notes", "Note", "Notas"),
    "attribution": ("Attribution", "Nachweis", "Attribution", "Attribuzione", "Atribución"),
    "viewer": ("Move the light", "Das Licht bewegen", "Déplacer la lumière", "Muovere la luce", "Mover la luz"),
    "object": ("The object's data", "Daten des Objekts", "Données de l’objet", "Dati dell’oggetto", "Datos del objeto"),
    "objects": (
        "Relightable objects",
        "Objekte in wechselndem Licht",
        "Objets à éclairer",
        "Oggetti da illuminare",
        "Objetos para iluminar",
    ),
}
"""One text for each of the languages."""

_NOT_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Shown:
    """An object as a list of objects shows it.

    Attributes:
        name: of its folder, which is a part of addresses.
        title: what a person reads.
        creator: who made it, or nothing.
        facts: (a key of WORDS, text), in the order for a reader.
        thumbnail: (width, height) of its thumbnail in pixels.
    """

    name: str
    title: str
    creator: str
    facts: tuple[tuple[str, str], ...]
    thumbnail: tuple[int, int]


def shown(relightable: Relightable, name: str, thumbnail: tuple[int, int]) -> Shown:
    """What is said of an object; `name` is its title where it has none."""
    facts = {
        "creator": plain(relightable.creator),
        "rights": plain(relightable.rights),
        "photographs": "" if relightable.lights is None else f"{len(relightable.lights)}",
        "size": f"{relightable.width} × {relightable.height}",
        "scale": "" if relightable.mm_per_pixel is None else f"{relightable.mm_per_pixel:.4g}",
        "method": relightable.decoder.label,
        "notes": f"{len(relightable.annotations)}" if relightable.annotations else "",
    }
    said = tuple((key, text) for key, text in facts.items() if text.strip())
    return Shown(name, plain(relightable.title).strip() or name, facts["creator"], said, thumbnail)


def plain(text: str) -> str:
    """The text with U+FFFD in the place of characters that XML and HTML do not allow."""
    return _NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def address_names(names: list[str]) -> list[str]:
    """Names for folders that are parts of addresses: ASCII letters, digits, - and _, no two equal in lower case."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        stem = re.sub(r"[^A-Za-z0-9_]+", "-", ascii_name).strip("-")[:80] or "object"
        number, unique = 1, stem
        while unique.lower() in taken:
            number += 1
            unique = f"{stem}-{number}"
        taken.add(unique.lower())
        found.append(unique)
    return found
