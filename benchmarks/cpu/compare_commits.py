"""Fused against naive, network by network, by pytest-benchmark: for comparing two commits while developing.

    python -m pytest benchmarks/cpu/compare_commits.py --benchmark-autosave
    python -m pytest benchmarks/cpu/compare_commits.py --benchmark-compare        # after a change

One thread. A group is a network; a picture more than one level from the float64 reference fails, whoever drew it. The
figures of the documents come from speed.py, which has all peers and the machine's ceilings.
"""

from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.common.subjects import DECODERS, subject
from benchmarks.cpu.contenders import CONTENDERS

DRAWN_BY = ("fastrti", "fastrti fp32", "torch eager, folded, chunked", "torch eager, natural form")


@pytest.mark.parametrize("drawn_by", DRAWN_BY)
@pytest.mark.parametrize("network", DECODERS)
def test_one_light(benchmark: Any, network: str, drawn_by: str) -> None:
    """Draws the same picture again and again."""
    torch.set_num_threads(1)
    relightable, reference = subject(network).relightable, subject(network).reference
    try:
        contender = CONTENDERS[drawn_by](relightable, 1)
    except NotImplementedError as error:
        pytest.skip(str(error))
    apart = np.abs(contender.draw().astype(np.int16) - reference)
    assert apart.max() <= 1
    benchmark.group = f"{network}: {relightable.decoder.label}"
    benchmark.extra_info |= {"runs": contender.runs, "megapixels": contender.pixels / 1e6}
    benchmark(contender.draw)
