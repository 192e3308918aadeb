"""The names of the pictures of an object, in the languages of the viewer."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.lights import light_from_angles, unit_light
from fastrti.sharing.facts import LANGUAGES

Label = dict[str, list[str]]
"""A language map of IIIF."""

MAPS: dict[str, tuple[str, ...]] = {
    "albedo": ("Albedo", "Albedo", "Albédo", "Albedo", "Albedo"),
    "normal": ("Normal map", "Normalenkarte", "Carte des normales", "Mappa delle normali", "Mapa de normales"),
    "height": ("Height map", "Höhenkarte", "Carte des hauteurs", "Mappa delle altezze", "Mapa de alturas"),
}
"""By the map types of the lighting map extension; a text for each of LANGUAGES."""

RAKING_DEG, STEEP_DEG = 30, 75
"""Lights below are raking, lights above come from the front."""

_LIGHT = ("Light", "Licht", "Lumière", "Luce", "Luz")
_RAKING = ("Raking light", "Streiflicht", "Lumière rasante", "Luce radente", "Luz rasante")
_FRONT = ("from the front", "von vorn", "de face", "di fronte", "de frente")
_SIDES = (  # counter-clockwise from the right, in steps of 45°
    ("from the right", "von rechts", "de droite", "da destra", "desde la derecha"),
    (
        "from upper right",
        "von rechts oben",
        "d’en haut à droite",
        "dall’alto a destra",
        "desde arriba a la derecha",
    ),
    ("from above", "von oben", "d’en haut", "dall’alto", "desde arriba"),
    (
        "from upper left",
        "von links oben",
        "d’en haut à gauche",
        "dall’alto a sinistra",
        "desde arriba a la izquierda",
    ),
    ("from the left", "von links", "de gauche", "da sinistra", "desde la izquierda"),
    (
        "from lower left",
        "von links unten",
        "d’en bas à gauche",
        "dal basso a sinistra",
        "desde abajo a la izquierda",
    ),
    ("from below", "von unten", "d’en bas", "dal basso", "desde abajo"),
    ("from lower right", "von rechts unten", "d’en bas à droite", "dal basso a destra", "desde abajo a la derecha"),
)


def default_lights(photographed: NDArray[np.float64] | None) -> list[NDArray[np.float64]]:
    """Five lights that show most objects: from the two upper corners, raking from the left and from above, and from the
    front.

    Args:
        photographed: (N, 3), the lights of the object. None of the five is lower than the lowest of them: an object
            under such a light would be a guess.
    """
    lowest = 15.0
    if photographed is not None:
        length = np.maximum(np.linalg.norm(photographed, axis=1), 1e-12)
        lowest = max(lowest, math.degrees(math.asin(float(np.clip(photographed[:, 2] / length, 0, 1).min()))))
    wanted = ((135, 45), (45, 45), (180, 15), (90, 15), (90, 90))
    return [light_from_angles(azimuth, max(elevation, lowest)) for azimuth, elevation in wanted]


def light_labels(lights: Sequence[ArrayLike]) -> list[Label]:
    """A name for each light, with its height in degrees unless it comes from the front. None of them is there twice."""
    labels = [_light_label(*map(float, unit_light(light))) for light in lights]
    for number, label in enumerate(labels):
        twins = sum(other["en"][0].split(" (")[0] == label["en"][0] for other in labels[:number])
        if twins:
            labels[number] = {language: [f"{text[0]} ({twins + 1})"] for language, text in label.items()}
    return labels


def language_map(texts: Sequence[str]) -> Label:
    """One text for each of LANGUAGES."""
    return {language: [text] for language, text in zip(LANGUAGES, texts)}


def _light_label(x: float, y: float, z: float) -> Label:
    height = math.degrees(math.asin(min(1.0, z)))
    if height >= STEEP_DEG:
        return language_map([f"{light} {front}" for light, front in zip(_LIGHT, _FRONT)])
    kind = _RAKING if height < RAKING_DEG else _LIGHT
    side = _SIDES[round(math.degrees(math.atan2(y, x)) / 45) % 8]
    return language_map([f"{light} {words}, {height:.0f}°" for light, words in zip(kind, side)])
