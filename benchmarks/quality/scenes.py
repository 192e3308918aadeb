"""The scenes that methods are fitted to and scored on, and the split of RealRTI into the two."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastrti import Mlic

PANEL = (
    "Single/Object1/material8",
    "Single/Object2/material5",
    "Multi/Object1/material8",
    "Multi/Object2/material5",
    "realrti/item3",
    "realrti/item10",
)
"""Scenes on which every method is measured with three seeds."""

COLLECTIONS = {"Multi": "SynthRTI Multi", "Single": "SynthRTI Single", "realrti": "RealRTI"}
"""By the first part of a scene's name."""

SPLIT: dict[str, list[str]] = json.loads(Path(__file__).with_name("realrti_split.json").read_text())
"""The photographs of each item of RealRTI that are scored; all others are fitted."""


@dataclass(frozen=True)
class Scene:
    """Photographs to fit and photographs to score.

    Attributes:
        name: "collection/…/scene".
        train, test: folder, and the names of its photographs; None for all.
    """

    name: str
    train: tuple[Path, frozenset[str] | None]
    test: tuple[Path, frozenset[str] | None]

    def load_train(self) -> Mlic:
        """The photographs to fit."""
        return _photographs(*self.train)

    def load_test(self) -> Mlic:
        """The photographs to score."""
        return _photographs(*self.test)


def find_scenes(folders: Sequence[Path], names: Sequence[str] = ("",)) -> list[Scene]:
    """The scenes in some folders whose names end in one of `names`.

    Raises:
        SystemExit: a folder without scenes, a scene that is not whole, or a name that no scene has. A table of fewer
            scenes than were asked for would look like the whole one.
    """
    scenes = []
    for folder in folders:
        found = list(_scenes_of(folder))
        if not found:
            raise SystemExit(
                f"expected scenes in {folder}, got none: name a folder that holds SynthRTI (folders with Dome and Test "
                f"in them) or RealRTI (its folders {', '.join(SPLIT)})"
            )
        scenes += found
    for name in names:
        if not any(scene.name.endswith(name) for scene in scenes):
            raise SystemExit(
                f"expected a scene whose name ends in {name}, got none in {', '.join(map(str, folders)) or 'no folder'}"
                ": name its folder too, or choose others by --scenes"
            )
    return [scene for scene in scenes if scene.name.endswith(tuple(names))]


def _scenes_of(folder: Path) -> Iterator[Scene]:
    """In the order of their names."""
    root = folder.resolve()
    for dome in sorted(root.rglob("Dome")):
        scene = dome.parent
        if not (scene / "Test").is_dir():
            raise SystemExit(f"expected the folder Test beside {dome}, got none: it has the photographs to score")
        yield Scene("/".join(scene.parts[-3:]), (dome, None), (scene / "Test", None))
    for name, scored in sorted(SPLIT.items()):
        for item in sorted(path for path in root.rglob(name) if path.is_dir()):
            test, everything = frozenset(scored), frozenset(path.name for path in item.iterdir())
            if missing := sorted(test - everything):
                raise SystemExit(
                    f"expected the photographs {', '.join(sorted(test))} of RealRTI in {item}, "
                    f"got none called {', '.join(missing)}: keep the names of the collection"
                )
            yield Scene(f"realrti/{name}", (item, everything - test), (item, test))


def _photographs(folder: Path, names: frozenset[str] | None) -> Mlic:
    mlic = Mlic.load(folder)
    return mlic if names is None else mlic.subset([i for i, name in enumerate(mlic.names) if name in names])
