"""The viewer for everyone: axe-core in every state of the panels, fingers, and what a person asks of the screen."""

import shutil
import subprocess
from collections.abc import Iterator

import pytest
from objects import relightable
from viewer.browser import Browser
from viewer.pages import served, state, wait_for_picture
from viewer.tools import open_tool, value

from fastrti import save
from fastrti.sharing.web import export_folder

AXE = "axe-core@4.10.3"
SHORTEST = 44  # CSS pixels of what a finger meets
TOOLS = ["ruler", "notes", "compare", "adjust", "info", "help"]

AUDIT = """
const found = await axe.run(document, { resultTypes: ['violations'] });
return found.violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
  .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, any }) => `${target} ${any[0]?.message ?? ''}`).join('; ')}`);
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("access")
    export_folder(relightable("ptm", 60, 80), folder / "site")
    save(relightable("hsh9", 60, 80), folder / "after" / "object")
    with served(folder) as (address, _):
        yield f"{address}/site/index.html"


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, from npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm (Debian: apt install npm)")
    folder = tmp_path_factory.mktemp("npm")
    command = [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), AXE]
    if subprocess.run(command, capture_output=True, check=False, timeout=120).returncode:
        pytest.skip(f"npm could not install {AXE}")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def emulated(browser: Browser) -> Iterator[Browser]:
    """A browser that is as it was after the test."""
    yield browser
    browser.devtools("Emulation.setEmulatedMedia", features=[])
    browser.devtools("Emulation.setTouchEmulationEnabled", enabled=False)
    browser.devtools("Emulation.clearDeviceMetricsOverride")


def opened(browser: Browser, address: str) -> None:
    browser.open("about:blank")
    browser.open(address)
    assert isinstance(wait_for_picture(browser), dict)


def media(browser: Browser, **features: str) -> None:
    browser.devtools(
        "Emulation.setEmulatedMedia",
        features=[{"name": name.replace("_", "-"), "value": text} for name, text in features.items()],
    )


@pytest.mark.deep
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_any_panel(emulated: Browser, address: str, axe: str, scheme: str) -> None:
    media(emulated, prefers_color_scheme=scheme)
    opened(emulated, address)
    emulated.run(f"{axe}; window.axe = axe;" if "window.axe" not in axe else axe)
    found = {"no panel": emulated.run(AUDIT)}
    for tool in TOOLS:
        open_tool(emulated, tool)
        state(emulated)
        found[tool] = emulated.run(AUDIT)
        value(emulated, "shadow.querySelector('.panel .close').click()")
    open_tool(emulated, "notes")
    for name, button in (("editor", "Put it in the middle"), ("saved", "Save"), ("all", "All notes"), ("draw", "Draw")):
        value(
            emulated,
            "[...shadow.querySelectorAll('.panel button')].find((each) => each.textContent === args[0]).click()",
            button,
        )
        state(emulated)
        found[name] = emulated.run(AUDIT)
    value(emulated, "viewer.state = 'compare=side,relight&other=../after/object&mode=specular'")
    state(emulated)
    found["two objects"] = emulated.run(AUDIT)
    value(emulated, "viewer.src = 'gone'")
    state(emulated)
    found["an error"] = emulated.run(AUDIT)
    assert not any(found.values()), {name: each for name, each in found.items() if each}


@pytest.mark.deep
def test_fingers_meet_large_targets_and_no_panel_is_wider_than_a_phone(emulated: Browser, address: str) -> None:
    emulated.devtools("Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=3, mobile=True)
    emulated.devtools("Emulation.setTouchEmulationEnabled", enabled=True)
    opened(emulated, address)
    assert value(emulated, "matchMedia('(pointer: coarse)').matches")
    for tool in TOOLS:
        open_tool(emulated, tool)
        state(emulated)
        small = value(
            emulated,
            f"""[...shadow.querySelectorAll('button, select, input:not([type=checkbox]), textarea')]
              .filter((each) => each.checkVisibility())
              .map((each) => [each.outerHTML.slice(0, 60), each.getBoundingClientRect()])
              .filter(([, {{ width, height }}]) => width < {SHORTEST} || height < {SHORTEST})
              .map(([text, {{ width, height }}]) => `${{text}} ${{width}} ${{height}}`)
            """,
        )
        assert small == [], tool
        box = "shadow.querySelector('.panel').getBoundingClientRect()"
        left, right, top, bottom = value(emulated, f"['left', 'right', 'top', 'bottom'].map((side) => {box}[side])")
        assert left >= 0 and right <= 390 and bottom <= 844 and top >= 844 / 3, f"{tool} leaves no picture"
        value(emulated, "shadow.querySelector('.panel .close').click()")
    assert value(emulated, "document.documentElement.scrollWidth") == 390


def test_the_page_is_light_or_dark_as_a_person_wants_and_an_embedding_page_decides(
    emulated: Browser, address: str
) -> None:
    colours = """((style) => [style.color, style.backgroundColor].map((text) => Number(text.match(/\\d+/)[0])))(
      getComputedStyle(shadow.querySelector('.bar')))
    """
    for scheme, is_light in (("light", True), ("dark", False)):
        media(emulated, prefers_color_scheme=scheme)
        opened(emulated, address)
        ink, paper = value(emulated, colours)
        assert (ink < 60, paper > 200) == (is_light, is_light)
    ink, paper = value(emulated, f"(document.documentElement.style.colorScheme = 'light', {colours})")
    assert ink < 60 and paper > 200, "the page's color-scheme counts"


def test_nothing_moves_by_itself_and_high_contrast_shows_what_is_pressed(emulated: Browser, address: str) -> None:
    media(emulated, forced_colors="active", prefers_reduced_motion="reduce")
    opened(emulated, address)
    assert value(emulated, "document.getAnimations().length + shadow.getAnimations().length") == 0
    open_tool(emulated, "info")
    pressed, other = value(
        emulated,
        "['info', 'help'].map((icon) => getComputedStyle(shadow.querySelector(`[data-icon=${icon}]`)).backgroundColor)",
    )
    assert pressed != other


def test_a_pen_and_a_finger_drag_the_light(browser: Browser, address: str) -> None:
    opened(browser, address)
    lights = [value(browser, "viewer.light")]
    for kind in ("pen", "touch"):
        actions = [
            {"type": "pointerMove", "x": 200, "y": 200, "duration": 0},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerMove", "x": 240, "y": 180, "duration": 50},
            {"type": "pointerUp", "button": 0},
        ]
        browser.perform({"type": "pointer", "id": kind, "parameters": {"pointerType": kind}, "actions": actions})
        lights.append(value(browser, "viewer.light"))
        assert lights[-1] != lights[-2], kind
