"""Builds the CPU kernel; everything else about the package is in pyproject.toml."""

from glob import glob

from pybind11.setup_helpers import Pybind11Extension, build_ext
from setuptools import setup

setup(
    cmdclass={"build_ext": build_ext},
    ext_modules=[
        Pybind11Extension(
            "fastrti._cpu",
            sources=sorted(glob("csrc/**/*.cpp", recursive=True)),
            depends=sorted(glob("csrc/**/*.h", recursive=True) + glob("csrc/**/*.inl", recursive=True)),
            include_dirs=["csrc"],
            cxx_std=17,
            # At g++'s default -O2 the SIMD loops keep their accumulators in memory, 3-4 times slower. Contraction would
            # round a light's numbers, and so its integers, differently on processors with fused multiply-adds.
            extra_compile_args=["-O3", "-ffp-contract=off", "-pthread"],
            extra_link_args=["-pthread"],
        )
    ],
)
