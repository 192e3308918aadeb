"""What a command of fastrti takes: time and the most memory that it holds."""

import json
import subprocess
import sys
from dataclasses import dataclass

_WATCHED = """
import json, os, subprocess, sys, time
start = time.perf_counter()
process = subprocess.Popen([sys.executable, "-m", "fastrti", *sys.argv[1:]], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
seconds = time.perf_counter() - start
print(json.dumps([os.waitstatus_to_exitcode(status), seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024]))
"""


@dataclass(frozen=True)
class Used:
    """What a command took.

    Attributes:
        exit_code: of the command.
        seconds: on the clock.
        cpu_seconds: of all cores.
        peak_bytes: the most memory.
    """

    exit_code: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int


def used_by(*arguments: str) -> Used:
    """Runs `fastrti` with these arguments. What it prints is thrown away.

    A small process starts it and watches it: the most memory that the system knows of a process begins with that of the
    one that started it.
    """
    command = [sys.executable, "-c", _WATCHED, *arguments]
    return Used(*json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
