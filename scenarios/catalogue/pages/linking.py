"""Links between pages, and from a page to a file of the repository: there is an address for it, or it is only named."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from fixtures.apps.builds import ROOT
from scenarios.catalogue.cures import Report

_LINK = re.compile(r"\[([^\]]+)\]\((?!https?://)([^)\s#]*)(#[^)\s]*)?\)")

PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "write-a-rule.md",
    "scenarios/README.md": "rules/index.md",
    "scenarios/NOT_SEEN.md": "not-seen.md",
    "scenarios/INVESTIGATION.md": "investigation.md",
    "scenarios/CLIENTS.md": "clients/index.md",
    "fixtures/targets/example.toml": "target-file.md",
}
"""Files of the repository that are pages."""


def page_of_rule(rule: str) -> str:
    """The path of a rule's page, by its id with or without a case."""
    return f"rules/{rule.partition('[')[0]}.md"


def between(at: str, to: str) -> str:
    """The path of one page as another links to it."""
    return posixpath.relpath(to, posixpath.dirname(at) or ".")


def reports(given: tuple[Report, ...]) -> str:
    """Public reports, as links in a row."""
    return ", ".join(f"[{each.words}]({each.url})" for each in given)


@dataclass(frozen=True)
class Linking:
    """Where the repository's files are to be read; empty where nobody has said it."""

    repository: str

    def rule(self, rule: str, *, at: str, words: str | None = None) -> str:
        """A link to a rule's page."""
        return f"[{words or rule}]({between(at, page_of_rule(rule))})"

    def file(self, path: str, words: str) -> str:
        """A link to a file or folder of the repository."""
        kind = "tree" if (ROOT / path).is_dir() else "blob"
        return f"[{words}]({self.repository.rstrip('/')}/{kind}/HEAD/{path})" if self.repository else words

    def relinked(self, text: str, *, of: Path, at: str) -> str:
        """A text of the repository, whose links lead from there, as a page whose links lead to pages."""

        def link(found: re.Match[str]) -> str:
            words, target, anchor = found[1], found[2], found[3] or ""
            if not target:
                return found[0]
            path = posixpath.normpath(posixpath.join(of.parent.relative_to(ROOT).as_posix(), target))
            if path in PAGES:
                return f"[{words}]({between(at, PAGES[path])}{anchor})"
            scenario = re.fullmatch(r"scenarios/(\w+)\.py", path)
            if scenario:
                return f"[{words}]({between(at, 'rules/' + scenario[1].replace('_', '-') + '/index.md')})"
            return self.file(path, words)

        return _LINK.sub(link, text)
