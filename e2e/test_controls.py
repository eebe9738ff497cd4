"""Using the controls of an app: the suite clicks as a user would, and its clicks answer no question of a rule."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from e2e.hand_written import Makes
from fixtures.edge.faults import RESET, UNAVAILABLE, Fault
from fixtures.ends import RuleBroken
from fixtures.spa import Spa
from scenarios import network_failure

PAGES = '[pages]\nhome = { path = "/", shows = { text = "Here is /api/first" } }\n[policy]\nearly_renewal = 0\n'
ONE = '[pages.calls]\npath = "/"\nshows = { text = "Here is" }\ncontrol = { role = "button", name = "Ask" }\n'
TWO = """[pages.calls]
path = "/"
shows = { text = "Here is" }
controls = [{ role = "button", name = "Ask" }, { role = "button", name = "More" }]
"""

ASKS = "show('/api/first'); button('Ask', () => show('/api/second'));"

# Where a renewal has failed, the next request tries again: that of the poll, if nobody clicks before.
POLLS = f"const begin = () => {{ {ASKS} setInterval(() => show('/api/news'), 9000); }};"

# Where a renewal has failed, the app tries again by itself, and the user is to ask once more for what was not shown.
ASKS_FOR_TWO = f"""
const once = renew;
renew = () => once().catch((problem) => {{ setTimeout(renew, 2000); throw problem; }});
const begin = () => {{ {ASKS} button('More', () => show('/api/third')); }};
"""


@pytest.fixture
def make(new_context: Callable[[], BrowserContext], tmp_path: Path) -> Iterator[Makes]:
    with closing(Makes(new_context, tmp_path)) as makes:
        yield makes


@pytest.mark.parametrize(
    ("judge", "fault"),
    [(network_failure.retries_the_refresh_after_a_pause, RESET), (network_failure.honours_retry_after, UNAVAILABLE)],
    ids=["retry", "retry-after"],
)
def test_no_click_follows_the_refresh_of_a_poll(make: Makes, judge: Callable[[Spa, Fault], None], fault: Fault) -> None:
    spa = make(POLLS, PAGES + ONE)

    judge(spa, fault)

    assert {exchange.path for exchange in spa.recorder.log().api} == {"/api/first", "/api/news"}


def test_no_click_makes_a_steady_poll_look_like_one_that_backs_off(make: Makes) -> None:
    spa = make(POLLS, PAGES + ONE)

    with pytest.raises(RuleBroken, match=r"^The pauses between refreshes did not grow: "):
        network_failure.backs_off_between_retries(spa)


def test_what_one_of_several_controls_asked_for_in_vain_is_asked_for_again(make: Makes) -> None:
    network_failure.keeps_the_session_after_one_failed_refresh(make(ASKS_FOR_TWO, PAGES + TWO), RESET)
