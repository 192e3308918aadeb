"""The fit that most figures of fastrti were measured with: one network, one teacher, few steps."""

from typing import Any

ONE_NETWORK: dict[str, Any] = {"preset": "quick", "experts": 1}
"""Options of `fit`. Comparisons of single changes, robustness, int8 and the like use it. It takes a third of the time
of the default."""
