"""Settings of the documentation: `make docs` writes build/docs/index.html."""

import argparse
import os

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from fastrti import __version__
from fastrti.cli import build_parser

project = "fastrti"
author = copyright = "the fastrti authors"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
default_role = "code"  # docstrings write names in single backquotes

autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints = "none"  # the docstrings have shapes and dtypes, which say more
napoleon_use_ivar = True
napoleon_use_rtype = False
napoleon_attr_annotations = False

html_theme = "furo"
html_title = f"fastrti {version}"
html_copy_source = False

os.environ["COLUMNS"] = "100"  # of help texts
os.environ["NO_COLOR"] = "1"


class Commands(SphinxDirective):
    """`{commands}`: a section for each command, with the text of its --help."""

    def run(self) -> list[nodes.Node]:
        """The sections."""
        parser = build_parser()
        (commands,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
        return [self._section(name, command.format_help()) for name, command in commands.choices.items()]

    def _section(self, name: str, text: str) -> nodes.section:
        section = nodes.section(ids=[f"fastrti-{name}"], names=[f"fastrti {name}"])
        section += [nodes.title(text=f"fastrti {name}"), nodes.literal_block(text, text, language="text")]
        return section


def setup(app: Sphinx) -> None:
    """Registers what this file adds to Sphinx."""
    app.add_directive("commands", Commands)
