"""Packages of npm that tests run in a browser or in node: pinned, fetched with npm, and never installed."""

import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

FETCH_S = 240

SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
"""Python before 3.11.4 unpacks archives without filters."""


def unpacked(folder: Path, *packages: str) -> dict[str, Path]:
    """The folders of packages, without what they depend on, by the names without versions; or a skip with the reason.

    Args:
        folder: to unpack them in.
        packages: with versions, as "openseadragon@6.1.1" or "@iiif/parser@2.2.10".
    """
    program = shutil.which("npm")
    if program is None:
        pytest.skip("needs npm (Debian: apt install npm)")
    command = [program, "pack", "--silent", "--pack-destination", str(folder), *packages]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_S, cwd=folder)
    except subprocess.TimeoutExpired:
        pytest.skip(f"needs the npm registry, which did not answer in {FETCH_S} s")
    if ran.returncode:
        pytest.skip(f"needs the npm registry: {ran.stderr.strip()[:200]}")
    found = {}
    for package, archive in zip(packages, ran.stdout.split()):
        name = package.rpartition("@")[0]
        place = folder / name.replace("/", "-").lstrip("@")
        with tarfile.open(folder / archive) as packed:
            packed.extractall(place, **SAFELY)
        found[name] = place / "package"
    return found
