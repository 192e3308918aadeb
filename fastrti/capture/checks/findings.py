"""What a check can find: the kinds of findings, each with its threshold, the reason for it, and what to do."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fastrti.photographs.coverage import FEW, HIGHEST, LOWEST, RING, WIDEST_ARC, WIDEST_STEP, LightGap
from fastrti.text import listed


@dataclass(frozen=True)
class Kind:
    """A fault that a capture can have.

    Attributes:
        name: as findings, JSON and the documentation call it.
        unit: of the number of a finding.
        threshold: the number at which it is a finding.
        why: the reason for this threshold.
        what_to_do: for a photographer whose object is still on the table.
    """

    name: str
    unit: str
    threshold: float
    why: str
    what_to_do: str


@dataclass(frozen=True)
class Finding:
    """One fault of a capture.

    Attributes:
        kind: the name of its `Kind`.
        photographs: the names of those that have it; none for a fault of the lights.
        number: how large it is.
        unit: of number and threshold.
        threshold: the number at which it is a finding.
        sentence: what was found, for a person, without the names of the photographs.
        why: the reason for the threshold.
        what_to_do: for a photographer whose object is still on the table.
    """

    kind: str
    photographs: tuple[str, ...]
    number: float
    unit: str
    threshold: float
    sentence: str
    why: str
    what_to_do: str

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON holds it; the number has four digits."""
        return {**asdict(self), "photographs": list(self.photographs), "number": float(f"{self.number:.4g}")}


NO_FLASH = Kind(
    "no flash",
    "share of the light that the others predict",
    0.2,
    "no lamp of a set varies by more than two stops, and the room's light alone is darkest nearly everywhere",
    "photograph this light again, after the flash has charged",
)
EXPOSURE = Kind(
    "exposure",
    "stops",
    1 / 3,
    "a third of a stop is the smallest step of a camera, and costs several dB in a fit",
    "photograph it again with the exposure and the flash on manual; for a lamp that is weaker than the others, let "
    "`fastrti fit --exposures auto` even it out",
)
COLOUR = Kind(
    "colour",
    "stops between red and blue",
    0.3,
    "lamps of one kind stay below 0.2 stops; a white balance that the camera chose itself is more",
    "set the white balance to a fixed value and photograph it again, or develop all raw files with one white balance",
)
SHIFT = Kind(
    "shift",
    "pixels",
    0.4,
    "photographs tell a shift to a tenth of a pixel; half a pixel costs detail. Larger photographs are compared at a "
    "reduced size, where the threshold is 0.4 of its pixels",
    "fix the camera and the object, use a remote release, and photograph it again; `fastrti fit --align auto` moves it "
    "back",
)
LIGHT = Kind(
    "wrong light",
    "degrees",
    15.0,
    "the photograph agrees much better with a light this far from the one in the list; neighbours on a dome are 10° "
    "to 25° apart",
    "correct the row of the list, or photograph the light again; `fastrti lights` reads lights from spheres",
)
DUPLICATE = Kind(
    "duplicate",
    "share of the difference between neighbours",
    0.2,
    "photographs of two lights differ by more than noise; these do not",
    "photograph the missing light, or delete the copy",
)
BLUR = Kind(
    "blur",
    "times coarser detail",
    1.4,
    "light changes the finest detail and the coarser detail alike; 1.4 is far outside of what this set does",
    "focus by hand, keep the camera still during the exposure, and photograph it again",
)
CLIPPING = Kind(
    "clipping",
    "share of the object's pixels",
    0.1,
    "highlights of shiny objects clip some hundredths of the pixels; white pixels have lost colour and shape",
    "lower the exposure of all photographs until this one has hardly any white, and photograph the set again",
)
NO_LIGHTS = Kind(
    "no lights",
    "lists",
    1.0,
    "without the directions of the lights nothing predicts a photograph, and no object can be made",
    "make a list: `fastrti lights PHOTOS` reads it from glossy spheres in the photographs; or name one with --lp",
)

_MORE_LIGHTS = "add photographs under lights there"
OF_LIGHTS = {
    kind.name: kind
    for kind in (
        Kind("one light", "lights", 2, "a relightable image needs several lights", "photograph under other lights"),
        Kind("few lights", "lights", FEW, f"HSH of the second order has {FEW} terms", "add lights: 30 to 60 are usual"),
        Kind("one ring", "degrees", 2 * RING, "rings of domes are 10° to 25° apart", "add a ring above and one below"),
        Kind("no high light", "degrees", HIGHEST, f"domes have lights above {HIGHEST:.0f}°", _MORE_LIGHTS),
        Kind("no low light", "degrees", LOWEST, f"domes have lights below {LOWEST:.0f}°", _MORE_LIGHTS),
        Kind("gap in elevation", "degrees", WIDEST_STEP, "rings of domes are 10° to 25° apart", _MORE_LIGHTS),
        Kind("gap in azimuth", "degrees", WIDEST_ARC, "four lights around an object are 90° apart", _MORE_LIGHTS),
    )
}
"""The kinds of `LightGap`."""

KINDS = (NO_FLASH, EXPOSURE, COLOUR, SHIFT, LIGHT, DUPLICATE, BLUR, CLIPPING, NO_LIGHTS, *OF_LIGHTS.values())
"""All kinds, in the order of a report."""


def finding(kind: Kind, photographs: tuple[str, ...], number: float, sentence: str) -> Finding:
    """A finding of a kind."""
    return Finding(kind.name, photographs, number, kind.unit, kind.threshold, sentence, kind.why, kind.what_to_do)


def finding_of_gap(gap: LightGap) -> Finding:
    """A gap of the lights as a finding: its sentence is that of the notes of a fit."""
    return finding(OF_LIGHTS[gap.kind], (), gap.number, gap.sentence)


def notes_of(findings: Sequence[Finding]) -> list[str]:
    """Findings as the notes of a fit: a sentence for each kind."""
    notes = []
    for kind in KINDS:
        found = [one for one in findings if one.kind == kind.name]
        if len(found) == 1:
            notes.append(f"{kind.name} in {' and '.join(found[0].photographs)}: {found[0].sentence}")
        elif found:
            names = dict.fromkeys(name for one in found for name in one.photographs)
            notes.append(f"{kind.name} in {listed(list(names))}: `fastrti check` says more")
    return notes
