"""Sign-ins at a server that allows so many in a minute wait for their turn. Where it never comes, the run ends."""

import json
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from playwright.sync_api import Route

from e2e.test_survival import run_pytest
from fixtures.doctor.sign_ins import AT_MOST, about_sign_ins
from fixtures.ends import CouldNotAsk
from fixtures.page.pace import WINDOW_SECONDS, SignInPace
from fixtures.spa import Spa
from fixtures.target import TARGETS, read_target
from scenarios.catalogue import rules

SIGN_IN = "**/auth/login/"
INTERRUPTED = 2


def refusing(times: int, headers: dict[str, str]) -> Callable[[Route], None]:
    """The first so many requests get a 429; the others go on to the server."""
    left = [None] * times

    def handle(route: Route) -> None:
        if left:
            left.pop()
            route.fulfill(status=429, headers=headers, body="{}")
        else:
            route.fallback()

    return handle


def test_the_limit_holds_for_all_processes_together(tmp_path: Path) -> None:
    one, other = (SignInPace(tmp_path / "seen.json", most=2) for _ in range(2))
    one.wait_for_turn(nullcontext())
    other.wait_for_turn(nullcontext())

    assert 0 < one._take_turn() <= WINDOW_SECONDS
    assert 0 < other._take_turn() <= WINDOW_SECONDS


def test_a_turn_is_waited_for(tmp_path: Path) -> None:
    pace = SignInPace(tmp_path / "seen.json", most=1, window=0.5)
    begun = time.monotonic()
    pace.wait_for_turn(nullcontext())
    pace.wait_for_turn(nullcontext())

    assert time.monotonic() - begun >= 0.5


def test_a_window_counts_from_when_the_server_has_let_one_in(tmp_path: Path) -> None:
    file = tmp_path / "seen.json"
    pace = SignInPace(file, most=1)
    pace.wait_for_turn(nullcontext())
    handed_in = time.time()
    pace.note_success()

    (counted,) = json.loads(file.read_text("utf-8"))["at"]
    assert handed_in <= counted <= time.time()


def test_a_refusal_takes_back_nobody_elses_turn(tmp_path: Path) -> None:
    one, other = (SignInPace(tmp_path / "seen.json", most=2, window=60) for _ in range(2))
    one.wait_for_turn(nullcontext())
    other.wait_for_turn(nullcontext())
    other.note_success()
    one.note_refusal("POST /login 429", "0")

    assert one._take_turn() <= 0
    assert 59 < other._take_turn() <= 60


def test_a_refusal_that_says_when_is_waited_out(spa: Spa, tmp_path: Path) -> None:
    spa.world.pace = SignInPace(tmp_path / "seen.json")
    spa.page.route(SIGN_IN, refusing(1, {"Retry-After": "1"}))

    begun = time.monotonic()
    with spa.lifeline.held():
        spa.sign_in()

    assert time.monotonic() - begun > 1
    assert [exchange.status for exchange in spa.recorder.log().sign_ins] == [429, 200]
    assert spa.marks.signed_in.is_visible()


@pytest.mark.parametrize("is_right", [True, False], ids=["right", "wrong"])
def test_a_refusal_on_the_form_that_is_shown_is_waited_out(spa: Spa, tmp_path: Path, *, is_right: bool) -> None:
    spa.world.pace = SignInPace(tmp_path / "seen.json", window=0.5)
    spa.sign_in()
    spa.sign_out()
    spa.page.route(SIGN_IN, refusing(1, {"Retry-After": "1"}))

    with spa.watched() as log:
        spa.sign_in_again() if is_right else spa.try_wrong_password()

    assert [exchange.status for exchange in log.sign_ins] == [429, 200 if is_right else 401]
    assert len(log.sign_ins.admitted) == 1


def test_a_refusal_that_takes_the_form_away_is_said(spa: Spa, tmp_path: Path) -> None:
    spa.world.pace = SignInPace(tmp_path / "seen.json")
    spa.sign_in()
    spa.sign_out()

    def refuse(route: Route) -> None:
        spa.page.evaluate("document.body.replaceChildren('Come back later')")
        route.fulfill(status=429, headers={"Retry-After": "0"}, body="{}")

    spa.page.route(SIGN_IN, refuse)

    with pytest.raises(CouldNotAsk, match=r"^The server lets nobody sign in just now"):
        spa.sign_in_again()


@pytest.mark.parametrize(
    ("headers", "words"),
    [({}, "does not say for how long"), ({"Retry-After": "3600"}, "asks for a pause of 3600 s")],
    ids=["no-word", "an-hour"],
)
def test_a_refusal_out_of_reach_is_said(spa: Spa, tmp_path: Path, headers: dict[str, str], words: str) -> None:
    spa.world.pace = SignInPace(tmp_path / "seen.json")
    spa.page.route(SIGN_IN, refusing(1, headers))

    with pytest.raises(CouldNotAsk) as said:
        spa.sign_in()

    assert str(said.value) == (
        f"The server lets nobody sign in any more (POST /auth/login/ 429, and it {words}). "
        "sign_in.max_per_minute keeps to a limit."
    )


def test_a_server_that_never_lets_one_is_asked_four_times(spa: Spa, tmp_path: Path) -> None:
    spa.world.pace = SignInPace(tmp_path / "seen.json")
    spa.page.route(SIGN_IN, refusing(9, {"Retry-After": "0"}))

    with pytest.raises(CouldNotAsk, match=r"^The server lets nobody sign in any more"):
        spa.sign_in()

    assert len(spa.recorder.log().sign_ins) == 4


def test_the_doctor_says_beforehand_how_many_there_will_be() -> None:
    target = read_target(TARGETS / "reference.toml")
    limited = target.model_copy(update={"sign_in": target.sign_in.model_copy(update={"max_per_minute": 10})})

    assert len(rules()) <= AT_MOST <= 1.25 * len(rules())
    assert about_sign_ins(target).seen == (
        "about 50 in a run of all rules, up to 200 where the app takes up no session that was put into its browser"
    )
    assert about_sign_ins(limited).seen.endswith("; at 10 a minute (sign_in.max_per_minute) they take 5 min")


GUARDED = """
from fixtures.spa.tab import Tab

really_sign_in = Tab.sign_in


def sign_in(self):
    self._hand.page.route("**/auth/login/", lambda route: route.fulfill(status=429, body="{}"))
    really_sign_in(self)


Tab.sign_in = sign_in
"""


@pytest.mark.timeout(360)  # a whole run
@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_run_ends_with_what_it_has(tmp_path: Path, workers: str) -> None:
    (tmp_path / "guarded.py").write_text(GUARDED, encoding="utf-8")

    ended = run_pytest(
        *("-q", "-p", "guarded", "-n", workers, "e2e/test_scenarios.py", "-k", "refresh-rejected/"), plugins=tmp_path
    )

    assert "the server lets nobody sign in any more (POST /auth/login/ 429" in ended.stdout
    closing = ended.stdout.splitlines()[-1]
    assert closing.startswith("reference: 0 rules kept, 0 broken, "), ended.stdout[-2000:]
    asked = int(closing.split(" could not be asked")[0].rpartition(" ")[2])
    assert asked <= 4, closing  # the rule in hand of each process, and the next one that it had begun
    assert ended.returncode == INTERRUPTED
