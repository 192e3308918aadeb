"""What the tests of the viewer's tools share: opening a tool, and where points of the picture lie in the window."""

from typing import Any

from viewer.browser import Browser


def value(browser: Browser, expression: str, *arguments: Any) -> Any:
    """The value of an expression of `viewer`, `shadow` and `args`."""
    return browser.run(
        f"const viewer = document.querySelector('rti-viewer'); const shadow = viewer.shadowRoot;return {expression};",
        *arguments,
    )


def until(browser: Browser, expression: str) -> None:
    """Waits for what comes some time after a change, such as the address."""
    told = browser.run(
        f"""
        const viewer = document.querySelector('rti-viewer');
        const shadow = viewer.shadowRoot;
        for (let waits = 0; waits < 200 && !({expression}); waits++)
          await new Promise((resolve) => setTimeout(resolve, 50));
        return Boolean({expression});
        """
    )
    assert told, expression


def open_tool(browser: Browser, icon: str) -> None:
    """Presses the button of a tool, and waits for its panel."""
    value(browser, f"shadow.querySelector('[data-icon={icon}]').click()")
    until(browser, "shadow.querySelector('.panel:not([hidden])')")


def click(browser: Browser, text: str) -> None:
    """Presses the button of the panel that says so."""
    value(
        browser,
        "[...shadow.querySelectorAll('.panel button')].find((each) => each.textContent === args[0]).click()",
        text,
    )


def at(browser: Browser, *point: float) -> tuple[int, int]:
    """The pixel of the window nearest to a point of the picture."""
    x, y = value(browser, "viewer.view.toCanvas(args[0]).map((length) => length / devicePixelRatio)", list(point))
    return round(x), round(y)


def picture_at(browser: Browser, *pixel: float) -> list[float]:
    """The point of the picture at a pixel of the window."""
    point: list[float] = value(
        browser, "viewer.view.toPicture(args[0].map((length) => length * devicePixelRatio))", list(pixel)
    )
    return point
