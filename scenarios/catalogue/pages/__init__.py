"""The documentation as pages: what of it is made from the rules, the defects, the clients and other documents.

MkDocs makes a site of these and of what is written by hand in ``scenarios/docs/pages/`` (``make docs``). Nothing of it
is kept, so that nothing goes out of date.
"""

from __future__ import annotations

from scenarios.catalogue.pages.clients import client_pages
from scenarios.catalogue.pages.documents import document_pages
from scenarios.catalogue.pages.linking import Linking
from scenarios.catalogue.pages.rules import rule_pages, rules_in_the_menu
from scenarios.catalogue.pages.scenarios import scenario_pages

__all__ = ["generated_pages", "rules_in_the_menu"]


def generated_pages(repository: str) -> dict[str, str]:
    """Each page as Markdown, by its path: ``rules/sign-out/works-offline.md``.

    ``repository`` is the address of the repository's files; where it is empty, what has no page is not linked to.
    """
    linking = Linking(repository)
    return {**scenario_pages(linking), **rule_pages(linking), **client_pages(linking), **document_pages(linking)}
