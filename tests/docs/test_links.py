"""Every link of a page leads to a file and a heading; every path named in a page exists."""

import re
from pathlib import Path

import pytest
from docs_pages import PAGES, ROOT, name_of, prose

LINK = re.compile(r"\]\(([^)\s]+)\)")
NAMED = re.compile(r"`((?:benchmarks|csrc|docs|fastrti|kernels|tests)/[\w./-]*)`")


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub and MyST make them of headings."""
    texts = re.findall(r"^#+ (.*)$", prose(page), re.M)
    return {re.sub(r"[^\w -]", "", text.lower()).replace(" ", "-") for text in texts}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page):
    for target in LINK.findall(prose(page)):
        if "://" in target:
            assert re.match(r"https://[\w-]+(\.[\w-]+)+(/|$)", target), f"{target}: expected https and a host"
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{target}: no such file"
        assert not anchor or anchor in headings(file), f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_paths_that_a_page_names_exist(page):
    for path in NAMED.findall(prose(page)):
        assert (ROOT / path).exists(), path
