"""Relights into an OpenGL texture without a window, as a server or another viewer would.

    python -m fastrti.examples.egl_texture OBJECT --light 0.3 0.5 -o picture.png

On a GPU the picture goes from the kernel's memory into the texture's, on the device (`cuda_gl.py`). Elsewhere the CPU
backend draws and OpenGL uploads, which Mesa's software driver can do too. Needs moderngl and an EGL driver (Debian:
libegl1, libgl1 and, without a GPU, libgl1-mesa-dri).
"""

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from fastrti import Renderer
from fastrti.errors import BackendError, FastrtiError
from fastrti.extras import needs
from fastrti.sharing.save import save_picture


def window_less_context() -> Any:
    """An OpenGL context of EGL, current in this thread.

    Raises:
        MissingPackageError: moderngl is not installed.
        BackendError: there is no EGL driver.
    """
    with needs("texture", "OpenGL without a window"):
        moderngl: Any = import_module("moderngl")
    try:
        return moderngl.create_context(standalone=True, backend="egl")
    except Exception as error:  # moderngl raises bare Exception
        raise BackendError(
            f"expected an EGL driver for OpenGL without a window, got {error}: install libegl1, libgl1 and a driver"
        ) from None


def relight_texture(renderer: Renderer, light: Sequence[float], texture: Any) -> None:
    """Draws the picture under one light into a texture.

    Args:
        renderer: of any backend.
        light: (x, y) or (x, y, z).
        texture: moderngl's, width × height, 4 components of a byte; row 0 is the top of the picture.

    Raises:
        BackendError: the texture is not on the GPU the renderer draws with.
    """
    shape = (renderer.relightable.height, renderer.relightable.width, 4)
    if renderer.backend == "triton":
        import torch

        from fastrti.examples.cuda_gl import CudaTexture

        picture = renderer.relight(light, out=torch.empty(shape, dtype=torch.uint8, device="cuda"))
        with CudaTexture(texture.glo) as target:
            target.copy_from(picture.data_ptr(), shape, torch.cuda.current_stream().cuda_stream)
    else:
        texture.write(renderer.relight(light, out=np.empty(shape, np.uint8)))


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("object", help="an object folder or file")
    parser.add_argument("--light", type=float, nargs="+", default=(0.3, 0.5), metavar="X", help="x y, or x y z")
    parser.add_argument("-o", "--output", help="a picture file to save what the texture holds")
    parsed = parser.parse_args(arguments)
    try:
        renderer = Renderer(parsed.object)
        size = (renderer.relightable.width, renderer.relightable.height)
        with window_less_context() as context:
            texture = context.texture(size, 4)
            relight_texture(renderer, parsed.light, texture)
            held = np.frombuffer(texture.read(), np.uint8).reshape(*size[::-1], 4)
            print(f"{size[0]}×{size[1]} texels on {context.info['GL_RENDERER']}, drawn by {renderer.backend}")
        if parsed.output is not None:
            save_picture(parsed.output, held)
    except FastrtiError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
