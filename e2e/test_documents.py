"""A server that renders its pages meets the end of the session's cookie as it does so, and may renew it at once."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext

from fixtures.apps.builds.strangers import FOLDER
from fixtures.apps.servers import RunningApp
from fixtures.apps.strangers import serve
from fixtures.doctor import examine
from fixtures.ends import DoesNotApply
from fixtures.page.accounts import sign_up
from fixtures.spa import Spa
from fixtures.target import read_target
from fixtures.tokens.corrupted import TRUNCATED

RENEWS = r"^the server renews the session as it renders a page: the browser sends no refresh$"


@pytest.fixture(scope="module")
def renders() -> Iterator[RunningApp]:
    with serve("gazette") as app:
        yield app


@pytest.fixture(scope="module")
def renews() -> Iterator[RunningApp]:
    with serve("gazette", renews_as_it_renders=True) as app:
        yield app


@pytest.fixture
def make(new_context: Callable[[], BrowserContext], monkeypatch: pytest.MonkeyPatch) -> Callable[[RunningApp], Spa]:
    def visit(app: RunningApp) -> Spa:
        account = sign_up(app.base_url, str(app.sign_up_url))
        origin = app.base_url.rstrip("/")
        for name, value in (("STRANGER", origin), ("USER", account.user), ("PASSWORD", account.password)):
            monkeypatch.setenv(f"AFRESH_{name}", value)
        return Spa(new_context(), read_target(FOLDER / "gazette" / "target.toml"), account, base_url=origin)

    return visit


def rendered_for(spa: Spa) -> str:
    """For whom the server has made the page that is shown."""
    return str(spa.page.evaluate("JSON.parse(document.querySelector('#first').textContent).reader"))


def test_a_page_is_rendered_for_nobody_when_the_token_has_expired(
    renders: RunningApp, make: Callable[[RunningApp], Spa]
) -> None:
    spa = make(renders)
    spa.sign_in()
    spa.open(spa.pages.busy)
    assert rendered_for(spa) == spa.account.user

    for _ in range(2):  # by the second time the page's cookie has a twin, too
        spa.leave()
        spa.clock.let_access_token_expire()
        with spa.watched() as log:
            spa.open(spa.pages.busy)
        assert rendered_for(spa) == "None"
        assert [exchange.note for exchange in log.documents] == ["asked for with an expired twin of its cookie"]
        assert len(log.refreshes.succeeded) == 1

        spa.open(spa.pages.busy)
        assert rendered_for(spa) == spa.account.user


def test_a_server_that_renews_as_it_renders_is_no_subject_of_a_rule(
    renews: RunningApp, make: Callable[[RunningApp], Spa]
) -> None:
    spa = make(renews)
    spa.sign_in()
    spa.leave()
    spa.clock.let_access_token_expire()

    with pytest.raises(DoesNotApply, match=RENEWS):
        spa.open(spa.pages.busy)

    assert rendered_for(spa) == spa.account.user


def test_it_is_none_either_where_the_page_itself_asks_for_a_document(
    renews: RunningApp, make: Callable[[RunningApp], Spa]
) -> None:
    spa = make(renews)
    spa.sign_in()
    spa.open(spa.pages.busy)
    spa.network.reject_access_token()
    spa.page.evaluate("() => void setTimeout(() => location.reload(), 3000)")

    with pytest.raises(DoesNotApply, match=RENEWS):
        spa.clock.let_time_pass(5)


def test_a_server_that_takes_a_dead_session_away_has_not_renewed_it(
    renews: RunningApp, make: Callable[[RunningApp], Spa]
) -> None:
    spa = make(renews)
    spa.sign_in()
    spa.leave()
    spa.storage.corrupt("refresh_token", TRUNCATED)
    spa.clock.let_access_token_expire()

    spa.open(spa.pages.busy)

    assert spa.marks.sign_in_form.is_visible()
    assert spa.storage.session.held == ()


def test_the_doctor_says_so(renews: RunningApp, make: Callable[[RunningApp], Spa]) -> None:
    findings = list(examine(make(renews)))

    assert [finding.seen for finding in findings if not finding.is_well] == []
    assert findings[-2].seen == (
        "the server renews the session as it renders a page: the browser sends no refresh; most rules will not apply"
    )
