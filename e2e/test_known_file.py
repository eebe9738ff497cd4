"""The file of known failures: what may stand in it, and what accepting makes of it."""

from pathlib import Path

import pytest

from fixtures.known import KnownError, KnownFailure, accepted, check_rules, parse_known
from fixtures.known.writing import OWNER, REASON

FILE = Path("shop.known.toml")

ENTRY = """[[known]]
rule = "a/b"
seen = "4 refreshes were sent; expected 1."
reason = "the new client does it"
owner = "robin"
"""

OF_SEVERAL = """[[known]]
reason = "the new client does it"
owner = "robin"
report = "https://example.com/12"
expires = 2027-01-31

[known.seen]
"a/b" = "4 refreshes were sent; expected 1."
"a/c[x]" = "It threw."  # on Mondays

[known.sometimes]
"a/d" = "The user was redirected to /login."
"""

# What may stand in it


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[known]\n", "not TOML: Expected ']]' at the end of an array declaration (at line 1, column 8)"),
        (ENTRY + "why = 1\n", "1 mistake\n  line 6, known.why: not a key that a file of known failures has"),
        (
            ENTRY.replace('owner = "robin"', 'owner = ""\nexpires = "soon"'),
            (
                "2 mistakes\n  line 5, known.owner: should not be empty\n"
                "  line 6, known.expires: should be a date such as 2027-01-31, without quotes, found 'soon'"
            ),
        ),
        (
            "\n[[known]]\nrule = 1\nseen = 'x'\nowner = 'x'\nreason = 'x'\n",
            "1 mistake\n  line 3, known.rule: should be text, found 1",
        ),
        (ENTRY.replace("owner", "# owner"), "1 mistake\n  line 1, known.owner: missing"),
        ("known = 1\n", "1 mistake\n  line 1, known: should be a list of tables, each below [[known]], found 1"),
        (
            "known = [{rule='a',seen='b',reason='c',owner='d'}]\n",
            "each should stand below a line of its own that says [[known]]",
        ),
        (ENTRY + "report = 'ours'\n", '1 mistake\n  line 6, known.report: should be a URL beginning with "http://" or'),
        (ENTRY + "sometimes = 'x'\n", "1 mistake\n  line 6, known.sometimes: either this, or seen"),
        (ENTRY.replace("seen", "# seen"), "1 mistake\n  line 1, known.seen: missing"),
        (
            OF_SEVERAL.replace("owner", "rule = 'a/e'\nowner"),
            "1 mistake\n  line 3, known.rule: either this, or the rules below [known.seen]",
        ),
        (
            OF_SEVERAL.replace('owner = "robin"\n', "") + "owner = 'robin'\n",
            "1 mistake\n  line 1, known.owner: missing: it stands below [known.sometimes], and should stand above it",
        ),
        (
            OF_SEVERAL.replace('"a/d"', '"a/b"'),
            "1 mistake\n  line 12, known.sometimes: a/b stands below seen as well",
        ),
        (
            OF_SEVERAL.replace('"It threw."', "1"),
            '1 mistake\n  line 9, known.seen."a/c[x]": should be text, or a list of texts, found 1',
        ),
        (
            OF_SEVERAL[: OF_SEVERAL.index('"a/b"')],
            "1 mistake\n  line 1, known.seen: has no rule (any more): delete lines 1 to 7",
        ),
        (
            "[[known]]\nreason = 'x'\nowner = 'x'\nseen = { 'a/b' = 'x', 'a/c' = 'x' }\n",
            "1 mistake\n  line 1, known: each rule should stand on a line of its own, below [known.seen]",
        ),
        (
            ENTRY + "[known.sometimes]\n'a/c' = 'x'\n",
            (
                "2 mistakes\n  line 2, known.rule: either this, or the rules below [known.sometimes]\n"
                "  line 3, known.seen: should be a table with a line for each rule, as the other one is, found"
            ),
        ),
    ],
    ids=[
        *("toml", "key", "values", "type", "missing", "list", "inline"),
        *("report", "both", "neither", "both-forms", "below", "twice", "fact", "none-left", "in-one-line", "mixed"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_with_its_lines(text: str, words: str) -> None:
    with pytest.raises(KnownError) as said:
        parse_known(text, FILE)

    assert str(said.value).startswith(f"known failures {FILE}: {words}")


def test_each_entry_is_about_another_rule_that_there_is() -> None:
    entries = parse_known(ENTRY + "\n" + ENTRY + "\n" + ENTRY.replace("a/b", "a/c"), FILE)

    with pytest.raises(KnownError) as said:
        check_rules(FILE, entries, {"a/b"})

    assert str(said.value).splitlines()[1:] == [
        f"  lines 13 to 17 of {FILE}: there is no rule a/c",
        f"  lines 1 to 5 of {FILE}, lines 7 to 11 of {FILE}: a/b is there more than once",
    ]


def test_rules_that_share_a_reason_have_a_line_each() -> None:
    text = f"{ENTRY.replace('a/b', 'a/a')}\n{OF_SEVERAL}\n# The form.\n"

    alone, *several = parse_known(text, FILE)

    assert (alone.lines, alone.sometimes) == ("lines 1 to 5 of shop.known.toml", False)
    assert [(each.rule, each.ways, each.sometimes, each.lines) for each in several] == [
        ("a/b", "4 refreshes were sent; expected 1.", False, "line 14 of shop.known.toml"),
        ("a/c[x]", "It threw.", False, "line 15 of shop.known.toml"),
        ("a/d", "The user was redirected to /login.", True, "line 18 of shop.known.toml"),
    ]
    assert {(each.reason, each.owner, each.report, str(each.expires)) for each in several} == {
        ("the new client does it", "robin", "https://example.com/12", "2027-01-31")
    }
    assert {(each.entry_begins, each.entry_ends) for each in several} == {(7, 18)}


def test_the_last_rule_of_an_entry_is_deleted_with_all_of_it() -> None:
    text = OF_SEVERAL[: OF_SEVERAL.index('"a/c')]

    assert parse_known(text, FILE)[0].lines == "lines 1 to 8 of shop.known.toml"


def test_what_was_seen_may_be_written_over_several_lines() -> None:
    text = OF_SEVERAL.replace('"It threw."', '"""\\\n  It threw.\\\n  """')

    assert [(each.ways, each.lines) for each in parse_known(text, FILE)][1] == (
        "It threw.",
        "lines 9 to 11 of shop.known.toml",
    )


def test_the_entry_has_all_that_a_run_needs_to_name_it() -> None:
    assert parse_known(ENTRY, FILE) == (
        KnownFailure(
            rule="a/b",
            seen=("4 refreshes were sent; expected 1.",),
            reason="the new client does it",
            owner="robin",
            entry_begins=1,
            entry_ends=5,
            begins=1,
            ends=5,
            file=FILE.name,
        ),
    )


def test_what_is_seen_in_one_of_several_ways_is_known_in_each() -> None:
    failure = parse_known(OF_SEVERAL.replace('"It threw."', '[\n  "It threw.",\n  "It hung.",\n]'), FILE)[1]

    assert (failure.ways, failure.lines) == ("It threw. Or: It hung.", "lines 9 to 12 of shop.known.toml")
    assert [failure.is_this(fact) for fact in ("It threw.", "It hung.", "It ran.")] == [True, True, False]
    assert failure.has_become_harmless("It hung. (advice)")


# Accepting


def test_accepting_keeps_what_people_have_written() -> None:
    of_the_clock, of_the_form = ENTRY.replace("a/b", "a/c"), ENTRY.replace("a/b", "a/d")
    text = f"# Ours.\n{ENTRY}\n# The clock.\n{of_the_clock}expires = 2027-01-31 # a Sunday\n\n{of_the_form}"
    seen = {"a/c": "The user was redirected to /login.", "a/e": 'The page showed "no".'}

    new = accepted(text, parse_known(text, FILE), target="shop", broken=seen, kept={"a/d"}, causes={})

    assert (
        new
        == f"""# Ours.
{ENTRY}
# The clock.
[[known]]
rule = "a/c"
seen = "The user was redirected to /login."
reason = "{REASON}; another failure was explained by: the new client does it"
owner = "robin"
expires = 2027-01-31 # a Sunday

[[known]]
rule = "a/e"
seen = "The page showed \\"no\\"."
reason = "{REASON}"
owner = "{OWNER}"
"""
    )
    assert [entry.rule for entry in parse_known(new, FILE)] == ["a/b", "a/c", "a/e"]


def accepted_in(text: str, broken: dict[str, str], kept: set[str] | None = None, **causes: str) -> str:
    by_rule = {rule.replace("_", "/"): cause for rule, cause in causes.items()}
    return accepted(text, parse_known(text, FILE), target="shop", broken=broken, kept=kept or set(), causes=by_rule)


SAME = {"a/b": "2 refreshes were sent; expected 1.", "a/c[x]": "It threw."}


def test_accepting_leaves_as_it_is_what_still_holds() -> None:
    assert accepted_in(OF_SEVERAL, SAME, {"a/d"}) == OF_SEVERAL


def test_accepting_takes_out_the_line_of_a_rule_that_is_kept_and_the_table_with_its_last() -> None:
    without_the_race = OF_SEVERAL[: OF_SEVERAL.index("\n[known.sometimes]")]
    one_less = OF_SEVERAL.replace('"a/b" = "4 refreshes were sent; expected 1."\n', "")
    none_left = one_less.replace('[known.seen]\n"a/c[x]" = "It threw."  # on Mondays\n\n', "")

    assert accepted_in(OF_SEVERAL, {}, {"a/b", "a/d"}) == one_less
    assert accepted_in(one_less, {}, {"a/c[x]", "a/d"}) == none_left
    other = ENTRY.replace("a/b", "a/e")
    assert (
        accepted_in(f"{other}\n{without_the_race}\n# The form.\n", {}, {"a/b", "a/c[x]"}) == f"{other}\n# The form.\n"
    )


def test_a_rule_that_fails_in_another_way_gets_an_entry_of_its_own() -> None:
    seen = {**SAME, "a/b": "The page is blank.", "a/d": "It hung."}

    new = accepted_in(f"{OF_SEVERAL}\n# The form.\n{ENTRY.replace('a/b', 'a/e')}", seen)

    reason = f"{REASON}; another failure was explained by: the new client does it"
    assert (
        new
        == f"""[[known]]
reason = "the new client does it"
owner = "robin"
report = "https://example.com/12"
expires = 2027-01-31

[known.seen]
"a/c[x]" = "It threw."  # on Mondays

[[known]]
rule = "a/b"
seen = "The page is blank."
reason = "{reason}"
owner = "robin"
expires = 2027-01-31

[[known]]
rule = "a/d"
sometimes = "It hung."
reason = "{reason}"
owner = "robin"
expires = 2027-01-31

# The form.
{ENTRY.replace("a/b", "a/e")}"""
    )
    assert accepted_in(new, seen) == new


def test_where_nobody_has_given_a_reason_yet_another_way_is_one_of_two() -> None:
    alone = ENTRY.replace("the new client does it", REASON)
    of_several = OF_SEVERAL.replace("the new client does it", REASON)
    seen = {**SAME, "a/b": "It hung."}

    first, both = accepted_in(alone, seen), '["4 refreshes were sent; expected 1.", "It hung."]'

    assert first.startswith(alone.replace('"4 refreshes were sent; expected 1."', both))
    assert accepted_in(first, {**SAME, "a/b": "4 refreshes were sent; expected 1."}) == first
    assert accepted_in(of_several, seen) == of_several.replace('"4 refreshes were sent; expected 1."', both)


def test_an_entry_all_of_whose_rules_fail_in_another_way_is_the_same_entry_still() -> None:
    of_one_mistake = OF_SEVERAL.replace(
        "[[known]]\n", "[[known]]\n# One known mistake would explain these: Nobody waits.\n"
    )
    seen = {"a/b": "It hung.", "a/d": "It hung."}

    assert accepted_in(of_one_mistake, seen, {"a/c[x]"}) == (
        OF_SEVERAL.replace("the new", f"{REASON}; another failure was explained by: the new")
        .replace("4 refreshes were sent; expected 1.", "It hung.")
        .replace("The user was redirected to /login.", "It hung.")
        .replace('"a/c[x]" = "It threw."  # on Mondays\n', "")
    )


def test_what_does_no_harm_any_more_keeps_its_reason_and_what_begins_to_needs_another() -> None:
    harmless = ENTRY.replace("expected 1.", "expected 1. (advice)")

    assert accepted_in(ENTRY, {"a/b": "4 refreshes were sent; expected 1. (advice)"}) == harmless
    assert accepted_in(harmless, {"a/b": "4 refreshes were sent; expected 1."}) == ENTRY.replace(
        "the new", f"{REASON}; another failure was explained by: the new"
    )


def test_new_failures_share_an_entry_where_one_mistake_explains_them_or_they_are_one_rule() -> None:
    seen = {"a/e": "It hung.", "a/f": "It threw.", "b/g[x]": "It hung.", "b/g[y]": "It hung.", "b/g[z]": "It threw."}

    new = accepted_in(ENTRY, seen, a_e="Nobody waits (x).", a_f="Nobody waits (x).")

    filled_in = f'reason = "{REASON}"\nowner = "{OWNER}"\n'
    assert (
        new
        == f"""{ENTRY}
[[known]]
# One known mistake would explain these: Nobody waits (x).
{filled_in}
[known.seen]
"a/e" = "It hung."
"a/f" = "It threw."

[[known]]
{filled_in}
[known.seen]
"b/g[x]" = "It hung."
"b/g[y]" = "It hung."

[[known]]
rule = "b/g[z]"
seen = "It threw."
{filled_in}"""
    )
    assert accepted_in(new, seen) == new
