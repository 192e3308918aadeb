"""Triton's interpreter, without the half of its time that changes nothing."""

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest


@pytest.fixture(scope="session", autouse=True)
def _device_functions_prepare_the_language_once() -> Iterator[None]:
    """The interpreter makes `triton.language` compute in NumPy for each kernel, and again for each call in it.

    What a device function needs beyond its kernel, Triton leaves in place, so the first call of each function is
    enough. Where it were not, the second would fail for want of an argument.
    """
    if os.environ["TRITON_INTERPRET"] == "0" or find_spec("triton") is None:
        yield
        return
    interpreter: Any = import_module("triton.runtime.interpreter")
    call, prepare = interpreter.InterpretedFunction.__call__, interpreter._patch_lang
    prepared: set[Callable[..., Any]] = set()

    def call_device_function(self: Any, *arguments: Any, **options: Any) -> Any:
        if self.fn in prepared:
            interpreter._patch_lang = lambda fn: None
        try:
            return call(self, *arguments, **options)
        finally:
            interpreter._patch_lang = prepare
            prepared.add(self.fn)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(interpreter.InterpretedFunction, "__call__", call_device_function)
        yield
