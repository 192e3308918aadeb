"""Imports fastrti from this checkout where it is not installed: a borrowed GPU machine may have no compiler.

`from benchmarks.common import checkout` comes before the first import of fastrti. The Triton backend needs
nothing of the C++ part.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def use() -> None:
    """Puts the checkout on the path, and kernels/ where an installation would: at fastrti.kernels."""
    if find_spec("fastrti") is None:
        sys.path.insert(0, str(ROOT))
    try:
        import_module("fastrti.kernels")
    except ImportError:
        folder = ROOT / "kernels"
        spec = spec_from_file_location(
            "fastrti.kernels", folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"expected the package {folder}, got none") from None
        sys.modules["fastrti.kernels"] = module_from_spec(spec)
        spec.loader.exec_module(sys.modules["fastrti.kernels"])


use()
