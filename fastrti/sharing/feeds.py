"""Feeds of a collection: RSS 2.0 and JSON Feed 1.1, which readers and other sites follow.

Sources: https://www.rssboard.org/rss-specification and https://www.jsonfeed.org/version/1.1/.
"""

import json
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as XML

from fastrti.sharing.facts import WORDS, Shown
from fastrti.sharing.site import FEEDS, OBJECTS
from fastrti.sharing.thumbnails import THUMBNAIL

_RSS, _JSON = FEEDS


def feeds(objects: Sequence[Shown], base_url: str) -> dict[str, bytes]:
    """Both feeds by the names of their files.

    Args:
        objects: of the collection.
        base_url: where the site will stand, with a slash at its end. Feeds are read far from the site.
    """
    return {_RSS: _rss(objects, base_url), _JSON: _json_feed(objects, base_url)}


def _rss(objects: Sequence[Shown], base_url: str) -> bytes:
    rss = XML.Element("rss", {"version": "2.0", "xmlns:atom": "http://www.w3.org/2005/Atom"})
    channel = XML.SubElement(rss, "channel")
    _add(channel, title=_title(), link=base_url, description=f"{len(objects)} objects")
    own = {"href": base_url + _RSS, "rel": "self", "type": "application/rss+xml"}
    XML.SubElement(channel, "atom:link", own)
    for each in objects:
        item = XML.SubElement(channel, "item")
        page, picture = _page(each, base_url), _picture(each, base_url)
        _add(item, title=each.title, link=page, guid=page, description=f'<img src="{picture}" alt="">')
    text: bytes = XML.tostring(rss, "utf-8", xml_declaration=True)
    return text


def _json_feed(objects: Sequence[Shown], base_url: str) -> bytes:
    items: list[dict[str, Any]] = []
    for each in objects:
        item: dict[str, Any] = {"id": _page(each, base_url), "url": _page(each, base_url), "title": each.title}
        item |= {"content_text": _sentence(each), "image": _picture(each, base_url)}
        items.append(item | ({"authors": [{"name": each.creator}]} if each.creator else {}))
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(),
        "home_page_url": base_url,
        "feed_url": base_url + _JSON,
        "language": "en",
        "items": items,
    }
    return json.dumps(feed, indent=1).encode()


def _title() -> str:
    return WORDS["objects"][0]


def _sentence(each: Shown) -> str:
    return "\n".join([each.title, *(f"{WORDS[key][0]}: {text}" for key, text in each.facts)])


def _page(each: Shown, base_url: str) -> str:
    return f"{base_url}{OBJECTS}/{each.name}/index.html"


def _picture(each: Shown, base_url: str) -> str:
    return f"{base_url}{OBJECTS}/{each.name}/{THUMBNAIL}"


def _add(element: XML.Element, **texts: str) -> None:
    for name, text in texts.items():
        XML.SubElement(element, name).text = text
