"""The page of all rules: what each says, which defects prove it, and who has reported those.

``python -m scenarios.catalogue.rules_page`` writes it to ``scenarios/README.md``; a test holds the two together.
"""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from itertools import groupby
from pathlib import Path

from fixtures.apps.builds import DEFECTS as DEFECT_FOLDERS
from scenarios.catalogue import Impact, Rule, Watching, one_of_each, rules, watchers
from scenarios.catalogue.defects import DEFECTS, Defect

PAGE = Path(__file__).parents[1] / "README.md"

HEADER = """# The rules

Written by `python -m scenarios.catalogue.rules_page` from the rules and the defects themselves.

Under each rule stand the defects that prove it: wrong versions of the bundled app, each with one mistake, which the
rule has to catch in its own words. The public reports say how the mistake feels to those who had it.
"""

AFTER_IMPACTS = """\
No rule is advice. Some can be broken without harm to anybody, and are advice where that was seen: the session was still
there, nobody had been redirected, and what a user did next worked.
"""


def page() -> str:
    """The whole page, as Markdown."""
    blocks = [HEADER, _impacts()]
    for scenario, of_scenario in groupby(rules(), key=lambda rule: rule.scenario):
        blocks.append(_scenario(scenario))
        for _, cases in groupby(of_scenario, key=lambda rule: rule.function):
            blocks.append(_rule(list(cases)))
    for scenario, watching in groupby(watchers(), key=lambda rule: rule.scenario):
        blocks += [_scenario(scenario), *(_rule([rule]) for rule in watching)]
    return "\n".join(blocks)


def _impacts() -> str:
    """What each impact means, and how many rules have it; a rule with cases counts once."""
    counts = Counter([rule.impact for rule in one_of_each()] + [rule.impact for rule in watchers()])
    rows = ["| impact | who suffers, where a rule is broken | rules |", "|---|---|---|"]
    rows += [f"| {impact.value} | {impact.meaning} | {counts[impact] or ''} |" for impact in Impact]
    return "\n".join([*rows, "", AFTER_IMPACTS])


def _scenario(name: str) -> str:
    file = name.replace("-", "_")
    title, _, rest = (inspect.getdoc(import_module(f"scenarios.{file}")) or "").partition("\n\n")
    return f"## [{name}]({file}.py)\n\n{title}\n\n{rest}\n"


def _rule(cases: Sequence[Rule | Watching]) -> str:
    first = cases[0]
    lines = [f"### {first.name}", "", first.sentence, "", f"Impact: {first.impact.value}."]
    if first.reason:
        lines += ["", first.reason]
    if names := [str(rule.case) for rule in cases if isinstance(rule, Rule) and rule.case is not None]:
        lines += ["", f"Cases: {', '.join(names)}."]
    proofs = [defect for defect in DEFECTS if defect.caught_by in cases]
    if proofs:
        lines += ["", *(_defect(defect) for defect in proofs)]
    return "\n".join([*lines, ""])


def _defect(defect: Defect) -> str:
    folder = f"../fixtures/{DEFECT_FOLDERS.name}/{defect.name}/"
    name = f"[{defect.name}]({folder})" if defect.build or defect.backend else defect.name
    reports = ", ".join(_link(report) for report in defect.reports)
    return f"- {name}: {defect.sentence}" + (f" ({reports})" if reports else "")


def _link(report: str) -> str:
    """``owner/name#12`` and ``owner/name PR#12`` lead to GitHub, which sends pull requests on to where they are."""
    match = re.fullmatch(r"([\w.-]+/[\w.-]+)(?: PR)?#(\d+)", report)
    return f"[{report}](https://github.com/{match[1]}/issues/{match[2]})" if match else report


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
