"""Which photograph belongs to which row of a list of lights.

There are three ways. Unless one is asked for, the first is taken that gives every row or every picture a partner:

1. by name. Upper and lower case, Unicode forms, folders and suffixes do not count: `C:\\rti\\img_1.CR2` is `IMG_1.jpg`.
2. by the number in the name, where no name is a picture's and both sides have the same numbers: `light 3` is `vase_03`.
3. by order, where no name is a picture's, no number is in common, and there are as many rows as pictures. All ways of
   sorting must agree: 1, 10, 2 and 1, 2, 10 are two orders.

The lights of a `.dome` file have an order, which is that of the photographs: they are matched by name where all names
are pictures', and else by order.

Whatever is left on both sides, or agrees only in part, is an error that shows the first pairs of every possible way. A
wrong guess would give photographs the light of others, which nobody sees until the object is made.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from fastrti.errors import ArgumentError, CollectionError
from fastrti.photographs.lp_file import LightList, LightRow
from fastrti.photographs.names import by_characters, by_numbers, fold, is_photograph, numbers, parts, start_again, stem
from fastrti.photographs.notes import Doubt
from fastrti.text import listed

Match = Literal["name", "number", "order"]

_SHOWN_PAIRS = 3
_WORDS = {"name": "name", "number": "the number in the name", "order": "order"}


@dataclass(frozen=True)
class Matching:
    """Rows with their pictures, in the order of the list, and what was left over.

    Attributes:
        way: what was compared.
        pairs: rows and their pictures.
        rows: those without a picture.
        pictures: photographs without a row.
    """

    way: Match
    pairs: tuple[tuple[LightRow, Path], ...]
    rows: tuple[LightRow, ...] = ()
    pictures: tuple[Path, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether nothing was left over."""
        return not self.rows and not self.pictures

    def __str__(self) -> str:
        """The first pairs: "IMG_1.CR2 is IMG_1.jpg, …"."""
        first = [f"{row.label} is {path.name}" for row, path in self.pairs[:_SHOWN_PAIRS]]
        more = ["…"] if len(self.pairs) > _SHOWN_PAIRS else []
        return ", ".join(first + more)


def match_rows(lights: LightList, pictures: Sequence[Path], way: Match | None = None) -> tuple[Matching, list[str]]:
    """Finds the picture of each row.

    Args:
        lights: the list.
        pictures: the pictures among which its photographs are; masks and normal maps are left out.
        way: the only way to match; None takes the one that is beyond doubt.

    Returns:
        One or more pairs, and a note on everything that was guessed or left out.

    Raises:
        ArgumentError: another way.
        CollectionError: the way that was asked for is not possible, or none is beyond doubt.
    """
    if way not in (None, *get_args(Match)):
        raise ArgumentError(f"expected match 'name', 'number' or 'order', got {way!r}")
    photographs = sorted(filter(is_photograph, pictures), key=lambda path: by_numbers(str(path)))
    lights, notes = _decoded(lights, photographs)
    if way is not None:
        matching = _asked_for(way, lights, photographs)
        return matching, [*notes, *_left_out(lights, matching)]
    if lights.ordered:
        matching = _in_order(lights, photographs)
        return matching, [*notes, _dome_note(lights, matching)]
    matching = _beyond_doubt(lights, photographs)
    if matching.way != "name":
        words = f"{lights.name}: no row names a picture; rows were matched by {_WORDS[matching.way]} ({matching})"
        notes.append(Doubt(words))
    return matching, [*notes, *map(Doubt, _left_out(lights, matching))]


def _decoded(lights: LightList, photographs: Sequence[Path]) -> tuple[LightList, list[str]]:
    """The list in the encoding in which most of its names are names of pictures."""
    finder, most, best = _Finder(photographs), -1, ("", [""])
    for encoding, names in lights.readings():
        known = sum(1 for name in names if finder.candidates(name))
        if known > most:
            most, best = known, (encoding, names)
        if most == len(names):
            break
    encoding, names = best
    if encoding in ("unicode", "latin-1"):
        return lights, []
    return lights.renamed(names), [f"{lights.name}: the list is not in Unicode; its names were read as {encoding}"]


def _beyond_doubt(lights: LightList, photographs: Sequence[Path]) -> Matching:
    named = _by_name(lights, photographs)
    numbered, ordered = _by_number(lights, photographs), _by_order(lights, photographs)
    if named.pairs:
        if not named.rows or not named.pictures:
            return named
        found = (
            f"rows without a picture ({listed([row.label for row in named.rows])}) beside pictures without a row "
            f"({listed([path.name for path in named.pictures])})"
        )
    elif part := _picture_in_part(lights, photographs):
        found = f"a picture's name in a part of {part.label!r}, line {part.line}"
    elif numbered is not None and numbered.whole:
        return numbered
    elif numbered is not None and numbered.pairs:
        found = f"no name of a picture, and {len(numbered.pairs)} of {len(lights.rows)} numbers in common"
    elif ordered is None:
        found = f"no name of a picture, and {len(lights.rows)} rows for {len(photographs)} pictures"
    elif why := _order_in_doubt(lights, photographs):
        found = f"no name of a picture, and {why}"
    else:
        return ordered
    raise _doubtful(lights, found, (ordered, numbered, named))


def _in_order(lights: LightList, photographs: Sequence[Path]) -> Matching:
    """The lights of a dome with the photographs they were measured from, or with others taken under the same lights."""
    if lights.named and (named := _by_name(lights, photographs)).whole:
        return named
    ordered = _by_order(lights, photographs)
    if ordered is None:
        raise CollectionError(
            f"{lights.name}: expected a photograph for each of the {len(lights.rows)} lights, "
            f"found {len(photographs)}: take all photographs of one object out of the folder, or measure the dome again"
        )
    pictures = [str(path) for path in photographs]
    if start_again(pictures) or not (lights.named or _is_sorted(pictures, by_characters)):
        raise _doubtful(lights, f"{len(pictures)} pictures that can be sorted in two orders", [ordered])
    return ordered


def _dome_note(lights: LightList, matching: Matching) -> str:
    (first, first_path), (last, last_path) = matching.pairs[0], matching.pairs[-1]
    measured = f" (measured from {first.label} to {last.label})" if lights.named and matching.way == "order" else ""
    return (
        f"{lights.name}: {len(lights.rows)} lights, matched by {matching.way}: "
        f"the first is {first_path.name}, the last is {last_path.name}{measured}"
    )


def _asked_for(way: Match, lights: LightList, photographs: Sequence[Path]) -> Matching:
    matching = _WAYS[way](lights, photographs)
    if matching is None or not matching.pairs:
        why = {
            "name": "a name of a picture in some row, found none",
            "number": "a number of its own in each name, and some in common, found other names",
            "order": f"as many rows as pictures, found {len(lights.rows)} rows for {len(photographs)} pictures",
        }
        raise CollectionError(f"{lights.name}: expected {why[way]}: match by something else, or correct the list")
    return matching


def _doubtful(lights: LightList, found: str, ways: Iterable[Matching | None]) -> CollectionError:
    different = {way.pairs: way for way in ways if way is not None and way.pairs}
    possible = [f"{way.way} ({len(way.pairs)} of {len(lights.rows)}: {way})" for way in different.values()]
    choose = f"choose {' or '.join(possible)} with match=, or " if possible else ""
    return CollectionError(
        f"{lights.name}: expected every row to name a picture of this collection, found {found}: "
        f"{choose}correct the list"
    )


def _left_out(lights: LightList, matching: Matching) -> list[str]:
    notes = []
    if matching.rows:
        names = listed([row.label for row in matching.rows])
        notes.append(f"{lights.name}: rows skipped, because they have no picture: {names}")
    if matching.pictures:
        names = listed([path.name for path in matching.pictures])
        notes.append(f"{lights.name}: pictures skipped, because the list does not name them: {names}")
    return notes


class _Finder:
    """Finds pictures by the names of rows: by the exact name, then without case, then without the suffix."""

    def __init__(self, photographs: Sequence[Path]):
        self.exact: dict[str, list[Path]] = defaultdict(list)
        self.folded: dict[str, list[Path]] = defaultdict(list)
        self.stems: dict[str, list[Path]] = defaultdict(list)
        for path in photographs:
            self.exact[path.name].append(path)
            self.folded[fold(path.name)].append(path)
            self.stems[fold(path.stem)].append(path)

    def candidates(self, listed: str) -> list[Path]:
        """The pictures that a row may name; of several, those in a folder that is called like the row's."""
        *folders, name = parts(listed)
        folded = fold(name)
        looked_up = (
            self.exact.get(name),
            self.folded.get(folded),
            self.stems.get(folded),
            self.stems.get(stem(folded)),
        )
        found = next(filter(None, looked_up), [])
        if len(found) > 1 and folders:
            return [path for path in found if fold(path.parent.name) == fold(folders[-1])] or found
        return found


def _by_name(lights: LightList, photographs: Sequence[Path]) -> Matching:
    finder = _Finder(photographs)
    pairs: list[tuple[LightRow, Path]] = []
    taken: dict[Path, int] = {}
    for row in lights.rows:
        where, found = f"{lights.name}:{row.line}", finder.candidates(row.name)
        if len(found) > 1:
            names = listed([path.name for path in found])
            raise CollectionError(
                f"{where}: expected one picture for {row.label}, found {names}: move the others out of the folder"
            )
        for path in found:
            if path in taken:
                raise CollectionError(
                    f"{where}: expected each picture once, found {path.name} also in line {taken[path]}: "
                    "correct the list, or choose another way with match="
                )
            taken[path] = row.line
            pairs.append((row, path))
    return _with_rest("name", pairs, lights, photographs)


def _by_number(lights: LightList, photographs: Sequence[Path]) -> Matching | None:
    """None where the names have no numbers, or some have the same."""
    wanted, found = numbers([row.name for row in lights.rows]), numbers([path.name for path in photographs])
    if wanted is None or found is None or len(set(wanted)) < len(wanted) or len(set(found)) < len(found):
        return None
    pictures = dict(zip(found, photographs))
    pairs = [(row, pictures[number]) for row, number in zip(lights.rows, wanted) if number in pictures]
    return _with_rest("number", pairs, lights, photographs)


def _by_order(lights: LightList, photographs: Sequence[Path]) -> Matching | None:
    """None where there are not as many pictures as rows. Pictures are sorted as the list is, else by their numbers."""
    if len(lights.rows) != len(photographs):
        return None
    names = [row.name for row in lights.rows]
    characters = lights.named and _is_sorted(names, by_characters) and not _is_sorted(names, by_numbers)
    pictures = sorted(photographs, key=lambda path: by_characters(str(path))) if characters else photographs
    return Matching("order", tuple(zip(lights.rows, pictures)))


_WAYS: dict[Match, Callable[[LightList, Sequence[Path]], Matching | None]] = {
    "name": _by_name,
    "number": _by_number,
    "order": _by_order,
}


def _with_rest(
    way: Match, pairs: Sequence[tuple[LightRow, Path]], lights: LightList, photographs: Sequence[Path]
) -> Matching:
    lines, taken = {row.line for row, _ in pairs}, {path for _, path in pairs}
    rows = tuple(row for row in lights.rows if row.line not in lines)
    return Matching(way, tuple(pairs), rows, tuple(path for path in photographs if path not in taken))


def _order_in_doubt(lights: LightList, photographs: Sequence[Path]) -> str | None:
    """Why the rows and the pictures cannot be matched by order without asking; None where they can."""
    names, pictures = [row.name for row in lights.rows], [str(path) for path in photographs]
    if not _is_sorted(pictures, by_characters):
        return "pictures that can be sorted in two orders (1, 2, 10 and 1, 10, 2)"
    if start_again(pictures):
        return "pictures whose numbers seem to start again after 9999"
    if lights.named and not (_is_sorted(names, by_characters) and _is_sorted(names, by_numbers)):
        return "rows that are not in the order of their names"
    return None


def _picture_in_part(lights: LightList, photographs: Sequence[Path]) -> LightRow | None:
    """A row whose name is a picture's and something else, as in a list that counts its rows: `1 vase.jpg`."""
    finder = _Finder(photographs)
    words = ((row, row.name.split()) for row in lights.rows)
    return next((row for row, named in words if len(named) > 1 and any(map(finder.candidates, named))), None)


def _is_sorted(names: Sequence[str], key: Callable[[str], object]) -> bool:
    return list(names) == sorted(names, key=key)  # type: ignore[arg-type]  # keys of one kind compare
