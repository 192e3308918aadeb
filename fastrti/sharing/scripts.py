"""The viewer's page and scripts as they go over the wire: shortened, and what a first picture needs in one file."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

ENTRY = "rti-viewer.js"
"""The script that a page loads; every export to the web holds it."""

FIRST = "viewer.js"
"""All that the first picture needs, in one file: scripts that import each other come one after the other."""

PAGE = "index.html"

_PACK = "pack.js"
_MODULE = f'<script type="module" src="{ENTRY}"></script>'
_LAZY = re.compile(r"\(await import\('\./([\w-]+\.js)'\)\)\.")
_IMPORTS = re.compile(r"^import\b[^;]*?'\./([\w-]+\.js)';\n", re.MULTILINE)
_COMMENT = re.compile(r"(?<=[;,{})\]]) // .*$")
_OTHER_TEXT = re.compile('["`/]')  # what starts texts and patterns that are not in single quotes
_SPACED = re.compile(r" ?([{}()\[\];,=<>?:&|*]) ?")


def page_scripts() -> dict[str, str]:
    """The scripts of a page by name: ENTRY, what it needs at once as FIRST, and the others, which come when needed.

    The others stand in files of their own. What they share with FIRST they import from it.
    """
    modules = _modules()
    at_once = _needed(modules, ENTRY)
    later = {name: text for name, text in modules.items() if name not in at_once and name.endswith(".js")}
    shared = re.compile(rf"(?<=from '\./)(?:{'|'.join(map(re.escape, at_once))})(?=';)")
    return {
        ENTRY: f"export * from './{FIRST}';\n",
        FIRST: "".join(_IMPORTS.sub("", modules[name]) for name in at_once),
        **{name: shared.sub(FIRST, text) for name, text in later.items()},
        **{name: text for name, text in modules.items() if name.endswith(".d.ts")},
    }


def page_with_scripts(scripts: str = "", packed: bool = False) -> str:
    """The page without a title, which fetches all that the first picture needs at the same time.

    Args:
        scripts: the way to the folder of the scripts, as "../../".
        packed: whether it shows a pack, whose reader is needed then.
    """
    modules = _modules()
    early = [FIRST, *(name for name in _needed(modules, _PACK) if packed and name not in _needed(modules, ENTRY))]
    links = "".join(f'<link rel="modulepreload" href="{scripts}{name}">\n' for name in early)
    return modules[PAGE].replace(_MODULE, links + _MODULE.replace(ENTRY, scripts + ENTRY), 1)


def page_with_all() -> str:
    """The page without a title, with all scripts in it."""
    modules = _modules()
    joined = (_IMPORTS.sub("", _LAZY.sub(" ", modules[name])) for name in _needed(modules, ENTRY, later=True))
    return modules[PAGE].replace(_MODULE, f'<script type="module">\n{"".join(joined)}</script>', 1)


def _needed(modules: Mapping[str, str], name: str, later: bool = False) -> list[str]:
    """A script after those that it imports, each once; with those that it imports `later`, when they are used."""
    seen: set[str] = set()
    found: list[str] = []

    def add(each: str) -> None:
        if each in seen:
            return
        seen.add(each)
        for imported in _IMPORTS.findall(modules[each]) + (_LAZY.findall(modules[each]) if later else []):
            add(imported)
        found.append(each)

    add(name)
    return found


@cache
def _modules() -> Mapping[str, str]:
    """The viewer's files by name, shortened for the wire; their top-level names are unique."""
    texts = {
        source.name: source.read_text(encoding="utf-8")
        for source in (files("fastrti") / "sharing" / "viewer").iterdir()
    }
    return {name: text if name.endswith(".d.ts") else _shortened(text) for name, text in texts.items()}


def _shortened(source: str) -> str:
    """A file of the viewer without indentation, empty lines, the comments that only developers read, and the spaces
    around signs where no text can hold them."""
    kept, documented, in_text = [], False, False
    for line in map(str.strip, source.split("\n")):
        documented = documented or line.startswith("/**")
        if line and not documented and not line.startswith("//"):
            line = _COMMENT.sub("", line)
            in_text ^= line.count("`") % 2 == 1
            kept.append(line if in_text else _closed_up(line))
        documented = documented and not line.endswith("*/")
    return "\n".join([*kept, ""])


def _closed_up(line: str) -> str:
    """A line without the spaces around signs, outside of its texts in single quotes; as it is if it has other texts."""
    parts = line.split("'")
    if len(parts) % 2 == 0 or any(map(_OTHER_TEXT.search, parts[::2])):
        return line
    parts[::2] = [_SPACED.sub(r"\1", part) for part in parts[::2]]
    return "'".join(parts)
