"""The cure of a rule: for each mistake the lines that put it right, as they stand in the sound app."""

import pytest

from fixtures.observed.network_log import NetworkLog
from fixtures.observed.redirects import RedirectTrail
from fixtures.report import cure
from fixtures.report.failure import Failure, render
from scenarios.catalogue import rules, watchers
from scenarios.catalogue.cures import Mistake, mistakes_of, mistakes_seen_as, sound_source
from scenarios.catalogue.defects import DEFECTS
from scenarios.catalogue.differences import Replaced, difference
from scenarios.catalogue.pages import generated_pages
from scenarios.catalogue.pages.documents import DocumentError, chapter
from scenarios.catalogue.pages.linking import page_of_rule

EVERY_LINE = 100_000


def test_every_mistake_has_a_fix_that_is_part_of_the_sound_app() -> None:
    for defect in DEFECTS:
        fix = Mistake(defect).fix(EVERY_LINE).splitlines()
        sound: set[str] = set()
        for line in fix:
            if line.startswith("+++ "):
                sound = set(sound_source(line.removeprefix("+++ ").removesuffix(", sound")).splitlines())
            elif line.startswith(("+", " ")):
                assert line[1:] in sound, defect.name

        assert any(line.startswith("-") and not line.startswith("---") for line in fix), defect.name


def test_a_line_is_where_the_diff_says() -> None:
    fixes = [mistake.fix() for mistake in mistakes_of("near-expiry-refresh/shares-one-refresh")]
    path, hunk = next(fix for fix in fixes if "singleFlight" in fix).split("+++ ")[-1].split("@@ line ")
    number, _, lines = hunk.partition(" @@\n")
    shown = [line[1:] for line in lines.splitlines() if line.startswith(("+", " "))]

    source = sound_source(path.removesuffix(", sound\n")).splitlines()
    assert source[int(number) - 1] == shown[0]


def test_of_what_was_seen_only_the_mistakes_are_told_that_look_so() -> None:
    rule = "network-failure/honours-retry-after[503-retry-after]"
    too_early = mistakes_seen_as(
        rule, "A refresh was sent 0.9 s after the one before it; expected a pause of at least 7 s."
    )
    never = mistakes_seen_as(rule, "1 refresh was sent, and failed; expected at least 2 to succeed.")

    assert too_early
    assert not {each.sentence for each in too_early} & {each.sentence for each in never}
    assert mistakes_seen_as(rule, "Something that nobody has seen yet.") == ()


def test_a_rule_with_cases_has_the_mistakes_of_all_of_them_and_its_own_first() -> None:
    rule = "network-failure/keeps-the-session-after-one-failed-refresh"
    of_500, of_all = mistakes_of(f"{rule}[500]"), mistakes_of(rule)

    assert of_500[0].defect.name == "500-counts-as-a-rejection"
    assert {each.defect.name for each in of_500} == {each.defect.name for each in of_all}
    assert "5xx-logs-out" in {each.defect.name for each in of_all}


def test_every_defect_is_a_mistake_of_one_rule() -> None:
    every = [*(rule.id for rule in rules()), *(rule.id for rule in watchers())]
    ids = {each.partition("[")[0] for each in every}
    found = [mistake.defect.name for each in sorted(ids) for mistake in mistakes_of(each)]

    assert sorted(found) == sorted(defect.name for defect in DEFECTS)


@pytest.mark.parametrize(
    ("wrong", "sound", "lines"),
    [
        ("one();\n", "// The reason.\none();\n", []),
        ("/** Wrong, because. */\none();\n", "two();\n", ["-one();", "+two();"]),
        ("one();\n", "// The reason.\ntwo();\n", ["-one();", "+// The reason.", "+two();"]),
        ("one();\n\n\n", "one();\n", []),
    ],
    ids=["only-a-comment", "explains-the-mistake", "explains-the-fix", "only-blank-lines"],
)
def test_a_comment_stands_there_where_it_helps(wrong: str, sound: str, lines: list[str]) -> None:
    shown = difference([Replaced("a.ts", wrong, sound)], most_lines=10).splitlines()

    assert shown[3:] == lines
    assert shown[:3] == (["--- a.ts, wrong", "+++ a.ts, sound", "@@ line 1 @@"] if lines else [])


def test_what_is_too_long_is_cut_off_and_says_so() -> None:
    sound = "\n".join(f"line({number});" for number in range(100))

    shown = difference([Replaced("a.ts", "", sound)], most_lines=10).splitlines()

    assert len(shown) == 11
    assert shown[-1] == "@@ and 93 more lines @@"


def failure_of(rule: str) -> str:
    log = NetworkLog((), RedirectTrail("", ()))
    return render(Failure(fact="No.", rule=rule, sentence="", expected="", actual="", log=log, again=""))


@pytest.mark.parametrize("address", ["https://example.com/afresh", "https://example.com/afresh/"])
def test_a_failure_leads_to_the_page_of_its_rule(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv(cure.VARIABLE, address)

    text = failure_of("near-expiry-refresh/shares-one-refresh")

    assert "cure      https://example.com/afresh/rules/near-expiry-refresh/shares-one-refresh/\n" in text
    assert cure.page_of("sign-out/x[5]") == "https://example.com/afresh/rules/sign-out/x/"


def test_a_failure_says_nothing_of_pages_that_are_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(cure.VARIABLE, raising=False)

    assert "cure" not in failure_of("near-expiry-refresh/shares-one-refresh")


def test_what_is_no_address_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cure.VARIABLE, "example.com")

    with pytest.raises(pytest.UsageError, match=r"^AFRESH_DOCS_URL: 'example.com' is no address: it begins with "):
        cure.pytest_configure()


def test_every_rule_has_a_page_with_its_cure() -> None:
    pages = generated_pages("")

    for rule in rules():
        page = pages[page_of_rule(rule.id)]
        assert rule.sentence in page, rule.id
        assert all(mistake.fix() in page for mistake in mistakes_of(rule.id)), rule.id
        assert "## What apps have done" in page, rule.id
    assert "4 refreshes were sent; expected 1." in pages["rules/near-expiry-refresh/shares-one-refresh.md"]


def test_files_of_the_repository_are_linked_to_where_somebody_has_said_where_it_is() -> None:
    page = "rules/sign-out/index.md"

    assert (
        "[`scenarios/sign_out.py`](https://example.com/afresh/blob/HEAD/scenarios/sign_out.py)"
        in (generated_pages("https://example.com/afresh")[page])
    )
    assert "in `scenarios/sign_out.py`." in generated_pages("")[page]


def test_what_a_page_is_made_of_is_named_where_it_is_missing() -> None:
    with pytest.raises(DocumentError, match=r"^CONTRIBUTING\.md has no chapter “A new rule”"):
        chapter("# Contributing\n", "A new rule")
