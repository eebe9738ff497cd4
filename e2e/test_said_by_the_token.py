"""What new tokens are made to say, for rules that judge whether the page goes by the new one."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Response

from fixtures.apps.servers import RunningApp
from fixtures.ends import CouldNotAsk
from fixtures.page.accounts import account_of
from fixtures.spa import Spa
from fixtures.target import Find, Target
from fixtures.target.tables import Shown
from fixtures.tokens.twins import claims


@pytest.fixture
def showing(target: Target, app: RunningApp, new_context: Callable[[], BrowserContext]) -> Callable[..., Spa]:
    """Makes the app with another ``tokens.shown`` in its target file."""

    def make(**said: Any) -> Spa:
        tokens = target.tokens.model_copy(update={"shown": Shown(**said)})
        changed = target.model_copy(update={"tokens": tokens})
        account = account_of(target, app.base_url)
        return Spa(new_context(), changed, account, base_url=app.base_url, signing_key=app.signing_key)

    return make


def renewal_of(spa: Spa) -> dict[str, Any]:
    """What the page gets for a renewal."""
    replies: list[Response] = []
    spa.page.on("response", lambda response: replies.append(response) if "/auth/refresh/" in response.url else None)
    spa.clock.let_access_token_expire()
    spa.call_api()
    reply: dict[str, Any] = replies[-1].json()
    return reply


def test_a_claim_is_put_into_the_pages_token_and_the_server_gets_its_own(showing: Callable[..., Spa]) -> None:
    spa = showing(claim="plan", value="gold", find=Find(text="Gold"))
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.let_new_tokens_say_otherwise()

    with spa.watched() as log:
        reply = renewal_of(spa)

    assert claims(reply["access_token"])["plan"] == "gold"
    assert [exchange.status for exchange in log.api.last_of_each] == [200]


def test_a_reply_can_be_made_to_say_it_beside_the_token(showing: Callable[..., Spa]) -> None:
    spa = showing(reply="/user/plan", value="gold", find=Find(text="Gold"))
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.let_new_tokens_say_otherwise()

    assert renewal_of(spa)["user"] == {"plan": "gold"}


def test_what_is_shown_already_puts_no_question(showing: Callable[..., Spa]) -> None:
    spa = showing(claim="plan", value="gold", find=Find(role="button", name="Sign out"))
    spa.sign_in()

    with pytest.raises(CouldNotAsk, match='shows button "Sign out" before any token says so'):
        spa.let_new_tokens_say_otherwise()
