"""A run that was split is put together to what it would have said whole, and never to more than was asked."""

from pathlib import Path

import pytest

from e2e.test_survival import run_pytest
from fixtures.report.__main__ import USAGE_ERROR, main
from fixtures.report.outcome import Outcome, Verdict
from fixtures.report.tallied import NOTHING_TO_ASK, NotTogether, Part, Tallied, read, together


def outcome(rule: str, verdict: Verdict = Verdict.KEPT) -> Outcome:
    return Outcome("shop", "sign-out", rule, verdict, "" if verdict is Verdict.KEPT else "It stayed.")


def part(
    number: int,
    of: int = 2,
    *,
    target: str = "shop",
    status: int = 0,
    defect: str | None = None,
    selection: str = "",
    rule: str = "",
) -> Tallied:
    rule = f"sign-out/{rule or number}"
    return Tallied(
        target=target,
        defect=defect,
        part=Part(number=number, of=of, selection=selection),
        exit_status=status,
        outcomes=[outcome(rule)],
        planned=[rule],
        asked=[rule],
        sign_ins=number,
    )


FOUR_RULES = "expired-on-load and (recovers or deep-link or never-flashes or every-initial)"


@pytest.mark.timeout(360)  # three whole runs
@pytest.mark.parametrize("defect", [[], ["--defect", "expired-on-load-goes-to-login"]], ids=["sound", "wrong"])
def test_two_parts_say_what_the_whole_run_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], defect: list[str]
) -> None:
    asked = ("-q", "-n", "0", "e2e/test_scenarios.py", "-k", FOUR_RULES, *defect)
    whole = run_pytest(*asked, "--verdicts", str(tmp_path / "whole.json"))
    files = [tmp_path / f"{number}.json" for number in (1, 2)]
    for number, file in enumerate(files, start=1):
        run_pytest(*asked, "--splits", "2", "--group", str(number), "--verdicts", str(file))

    status = main([str(file) for file in files])

    said = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("sessions: ")]
    assert len(said) >= 2
    assert [line for line in said if line not in whole.stdout.splitlines()] == []
    assert status == whole.returncode == (1 if defect else 0)
    parts = [read(file) for file in files]
    assert [bool(each.outcomes) for each in parts] == [True, True]
    assert together(dict(zip(files, parts, strict=True))).outcomes == read(tmp_path / "whole.json").outcomes


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ([part(3, 3)], "part 2 of 3 is missing: what was not asked there is not known"),
        ([part(2)], "b: it is part 2 of 2, and a is part 1 of 3"),
        ([part(1, 3)], "b: part 1 of 3 is there already"),
        ([part(2, 3, target="till")], "b: it judges till, and a judges shop"),
        ([part(2, 3, defect="no-retry")], "b: it judges shop with no-retry, and a judges shop"),
        ([Tallied(target="shop")], "b: it is a whole run, and a is part 1 of 3"),
        ([part(2, 3, selection="-k x")], "b: it was cut from another run than a: other options, or other durations"),
        ([part(2, 3, rule="1"), part(3, 3)], "sign-out/1 is in more than one part: they are not of the same version"),
    ],
    ids=["missing", "of-others", "twice", "target", "defect", "whole", "selection", "overlap"],
)
def test_what_makes_no_whole_run_is_said(others: list[Tallied], words: str) -> None:
    files = [Path("a"), Path("b"), Path("c")]
    with pytest.raises(NotTogether) as said:
        together(dict(zip(files, [part(1, 3), *others], strict=False)))

    assert str(said.value) == words


@pytest.mark.parametrize(
    ("statuses", "whole"), [((0, 0), 0), ((0, 1), 1), ((0, NOTHING_TO_ASK), 0), ((5, 5), 5), ((1, 5), 1)]
)
def test_the_status_is_that_of_the_whole(statuses: tuple[int, int], whole: int) -> None:
    parts = {Path(str(number)): part(number, status=status) for number, status in enumerate(statuses, start=1)}

    assert together(parts).exit_status == whole


def test_a_part_that_failed_by_no_rule_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "part.json"
    file.write_text(part(1, 1, status=1).model_dump_json(), encoding="utf-8")

    assert main([str(file)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "a part ended with status 1, for something else than a rule: its own output says why"
    )


def test_what_a_part_has_not_asked_is_counted() -> None:
    broken_off = part(2).model_copy(update={"planned": ["sign-out/2", "sign-out/3"], "exit_status": 2})

    assert together({Path("2"): broken_off, Path("1"): part(1)}).closing() == [
        "shop: 2 rules kept, 0 broken, 0 could not be asked, 0 do not apply, 1 not asked"
    ]


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("nothing.json", "No such file or directory"),
        ("other.json", "not a file that a run has written with --verdicts"),
    ],
)
def test_a_file_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, words: str) -> None:
    (tmp_path / "other.json").write_text('{"target": 1}', encoding="utf-8")

    assert main([str(tmp_path / file)]) == USAGE_ERROR
    assert capsys.readouterr().err == f"ERROR: {tmp_path / file}: {words}\n"


@pytest.mark.parametrize(
    ("file", "words"), [("no/such/folder/verdicts.json", "No such file or directory"), (".", "Is a directory")]
)
def test_a_file_that_cannot_be_written_is_said_before_anything_runs(tmp_path: Path, file: str, words: str) -> None:
    ended = run_pytest("-q", "-n", "0", "e2e/test_scenarios.py", "--verdicts", str(tmp_path / file))

    assert ended.stderr.rstrip() == f"ERROR: --verdicts {tmp_path / file}: {words}"
    assert ended.returncode == USAGE_ERROR


def test_what_an_earlier_run_has_written_is_not_taken_for_that_of_one_that_could_not_begin(tmp_path: Path) -> None:
    file = tmp_path / "verdicts.json"
    file.write_text(part(1, 1).model_dump_json(), encoding="utf-8")

    ended = run_pytest("-q", "-n", "0", "e2e/test_scenarios.py", "--target=/none", "--verdicts", str(file))

    assert ended.returncode == USAGE_ERROR
    assert not file.exists()
