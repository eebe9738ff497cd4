"""Documents of the repository that are pages as they stand, or of which some chapters are."""

from __future__ import annotations

import re

from fixtures.apps.builds import ROOT
from scenarios.catalogue.pages.linking import Linking

WHOLE = {
    "not-seen.md": "scenarios/NOT_SEEN.md",
    "investigation.md": "scenarios/INVESTIGATION.md",
}

OF_CONTRIBUTING = ("A new rule, in four steps", "A rule that watches")
"""The chapters that say how a rule is written."""


class DocumentError(Exception):
    """A document has not what a page is made of. The text says what is missing."""


def document_pages(linking: Linking) -> dict[str, str]:
    """The pages, by their paths.

    Raises:
        DocumentError: a chapter is missing.
    """
    pages = {}
    for page, path in WHOLE.items():
        text = (ROOT / path).read_text(encoding="utf-8")
        pages[page] = linking.relinked(text, of=ROOT / path, at=page)
    contributing = ROOT / "CONTRIBUTING.md"
    text = contributing.read_text(encoding="utf-8")
    chapters = "\n".join(chapter(text, title) for title in OF_CONTRIBUTING)
    pages["write-a-rule.md"] = linking.relinked(f"# Write a rule\n\n{chapters}", of=contributing, at="write-a-rule.md")
    return {page: _as_mkdocs_reads_lists(text) for page, text in pages.items()}


def _as_mkdocs_reads_lists(text: str) -> str:
    """What belongs to an entry is indented by three letters here, as most take it, and there by four."""
    return re.sub(r"^ {3}(?=.)", " " * 4, text, flags=re.MULTILINE)


def chapter(text: str, title: str) -> str:
    """A chapter of a document, with its title.

    Raises:
        DocumentError: there is none of this title.
    """
    found = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise DocumentError(f"CONTRIBUTING.md has no chapter “{title}”, of which a page is made")
    return found[0]
