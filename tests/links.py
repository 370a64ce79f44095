"""``python -m tests.links FOLDER``: links and anchors of a built site.

Looks at those within the site. Never asks the network.
"""

import html.parser
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(html.parser.HTMLParser):
    """The anchors of a page, and what it links to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        found = dict(attrs)
        self.anchors.update(filter(None, (found.get('id'), found.get('name'))))
        self.links += filter(None, (found.get('href'), found.get('src')))


def main(argv: Sequence[str]) -> int:
    """Return 0 if all that pages link to is there."""
    root = Path(argv[0]).resolve()
    pages = {
        path: _Page(path.read_text(encoding='utf-8'))
        for path in root.rglob('*.html')
    }
    broken = [
        f'{path.relative_to(root)}: {link}'
        for path, page in pages.items()
        for link in page.links
        if not _is_there(link, path, pages)
    ]
    links = sum(len(page.links) for page in pages.values())
    for line in broken:
        print(line)
    print(f'{len(pages)} pages, {links} links, {len(broken)} broken.')
    return 1 if broken or not pages else 0


def _is_there(link: str, path: Path, pages: dict[Path, _Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True
    target = path
    if parts.path:
        target = (path.parent / unquote(parts.path)).resolve()
    if target not in pages:
        return target.is_file()
    fragment = unquote(parts.fragment)
    return not fragment or fragment in pages[target].anchors


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
