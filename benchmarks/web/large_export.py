"""What the export to IIIF and the maps of a large object take: processor time and the most memory that they hold.

    python -m benchmarks.web.large_export -o benchmarks/results/large_export.json

The object is the HSH of 16 terms of a rendered tablet, repeated until it has 12 megapixels. Each command runs in a
process of its own.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.commands import used_by
from benchmarks.common.machine import description, load
from benchmarks.quality.maps import tablet
from fastrti import Relightable, fit_classical, save

WIDTH, HEIGHT = 4096, 3072
SEED = 2


def _object(width: int, height: int) -> Relightable:
    small = fit_classical(tablet(SEED).mlic, "hsh16")
    copies = (1, -(-height // small.height), -(-width // small.width))
    return replace(small, planes=np.ascontiguousarray(np.tile(small.planes, copies)[:, :height, :width]))


def _ran(*arguments: str) -> dict[str, Any]:
    """Processor time, time on the clock and the most memory of a command."""
    used = used_by(*arguments)
    if used.exit_code:
        sys.exit(f"fastrti {' '.join(arguments)} failed")
    return {
        "cpu_s": round(used.cpu_seconds, 1),
        "clock_s": round(used.seconds, 1),
        "peak_mib": used.peak_bytes >> 20,
        "load_average": load(),
    }


def main() -> None:
    """Prints what was measured, and writes it where -o says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    parser.add_argument("--size", type=int, nargs=2, default=(WIDTH, HEIGHT), metavar=("WIDTH", "HEIGHT"))
    parsed = parser.parse_args()
    report = description() | {"size": parsed.size, "commands": {}}
    with tempfile.TemporaryDirectory() as temporary:
        what, site, maps = (str(Path(temporary) / name) for name in ("vase", "site", "maps"))
        save(_object(*parsed.size), Path(what))
        commands = {
            "maps": ["maps", what, "-o", maps],
            "export --to iiif": ["export", what, "--to", "iiif", site, "--base-url", "https://example.org/"],
        }
        for name, arguments in commands.items():
            report["commands"][name] = _ran(*arguments)
            print(name, report["commands"][name], flush=True)
    if parsed.output:
        parsed.output.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
