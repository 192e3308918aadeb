"""Small complete programs that put relit pictures into other libraries, and an object to try.

Each program is run with `python -m`. The object was made with

    fastrti synth -o sample --size 56x40
    fastrti fit sample/Dome -o tablet --student direct10 --preset quick --title Tablet
"""

from pathlib import Path

TABLET = Path(__file__).parent / "tablet"
"""The folder of an object of 56 × 40 pixels: `fastrti.load(TABLET)`."""
