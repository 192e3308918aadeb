"""How much memory a reader takes at its peak, over what it holds in the end."""

import subprocess
import sys
from pathlib import Path

_MEASURE = """
import re, sys
from pathlib import Path

def peak():
    return 1024 * int(re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])

read(Path(sys.argv[1]))
before = peak()
content = read(Path(sys.argv[2]))
print((peak() - before) / content.nbytes)
"""


def peak_over_content(program: str, small: Path, large: Path) -> float:
    """Reads a small file and a large one in a new process.

    Args:
        program: defines `read`, from a path to a numpy array.
        small: what the program needs to run at all is in memory after it.
        large: what is measured.

    Returns:
        How much more memory the large one took, over the bytes of its array.
    """
    ran = subprocess.run([sys.executable, "-c", program + _MEASURE, small, large], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return float(ran.stdout)
