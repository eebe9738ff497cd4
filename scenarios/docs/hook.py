"""What MkDocs asks as it builds the site: for the pages that are made, and that none of them needs another host."""

from __future__ import annotations

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from scenarios.catalogue.pages import generated_pages, rules_in_the_menu

LOADED = re.compile(r"<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=\"?(?:https?:)?//[^>]*>")
"""Whatever a browser fetches from elsewhere as it opens a page."""

MENU = "All rules"


def on_config(config: MkDocsConfig) -> None:
    """Put the rules into the menu, where it leaves room for them."""
    rules = {MENU: ["rules/index.md", *rules_in_the_menu()]}
    config.nav = [rules if entry == {MENU: "rules/index.md"} else entry for entry in config.nav or []]


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add the pages."""
    for path, content in generated_pages(config.repo_url or "").items():
        files.append(File.generated(config, path, content=content))


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> None:  # noqa: ARG001 - MkDocs gives it by its name
    """Refuse a page that would ask another host for something."""
    for found in LOADED.finditer(output):
        if 'rel="canonical"' not in found[0] and "rel=canonical" not in found[0]:
            raise PluginError(f"{page.file.src_uri} would be asking another host: {found[0]}")
