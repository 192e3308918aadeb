"""Builds the CPU kernel; everything else about the package is in pyproject.toml."""

import shutil
import sys
from glob import glob

from pybind11.setup_helpers import Pybind11Extension, build_ext
from setuptools import setup

# At -O2 the SIMD loops keep their accumulators in memory, 3-4 times slower. Contraction would round a light's numbers,
# and so its integers, differently on processors with fused multiply-adds.
OPTIONS = ["-O3", "-ffp-contract=off"]
WINDOWS = sys.platform == "win32"
# Without /Zc:twoPhase clang-cl reads templates at the end of a file, where the pragmas that name a kernel's instruction
# set are over.
CLANG_CL = ["/Zc:twoPhase", *(f"/clang:{option}" for option in OPTIONS)]


class BuildKernel(build_ext):
    """Compiles with clang-cl on Windows: Microsoft's compiler knows neither vector types nor target attributes."""

    def build_extensions(self) -> None:
        """See setuptools; replaces the compiler that it found there."""
        if WINDOWS:
            clang = shutil.which("clang-cl")
            if clang is None:
                raise SystemExit("expected clang-cl on the PATH, got none: install LLVM, then build again")
            self.compiler.initialize()
            self.compiler.cc = clang
        super().build_extensions()


setup(
    cmdclass={"build_ext": BuildKernel},
    ext_modules=[
        Pybind11Extension(
            "fastrti._cpu",
            sources=sorted(glob("csrc/**/*.cpp", recursive=True)),
            depends=sorted(glob("csrc/**/*.h", recursive=True) + glob("csrc/**/*.inl", recursive=True)),
            include_dirs=["csrc"],
            cxx_std=17,
            extra_compile_args=CLANG_CL if WINDOWS else [*OPTIONS, "-pthread"],
            extra_link_args=[] if WINDOWS else ["-pthread"],
        )
    ],
)
