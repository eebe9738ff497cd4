"""What new tokens are made to say, for rules that judge whether the page goes by the new one."""

from typing import Any

import pytest
from playwright.sync_api import Response

from fixtures.ends import CouldNotAsk
from fixtures.spa import Spa
from fixtures.target import Find
from fixtures.target.tables import Shown
from fixtures.tokens.twins import claims


def showing(spa: Spa, **said: Any) -> None:
    """Let the app's target file have another ``tokens.shown``."""
    tokens = spa.target.tokens.model_copy(update={"shown": Shown(**said)})
    spa.target = spa.target.model_copy(update={"tokens": tokens})


def renewal_of(spa: Spa) -> dict[str, Any]:
    """What the page gets for a renewal."""
    replies: list[Response] = []
    spa.page.on("response", lambda response: replies.append(response) if "/auth/refresh/" in response.url else None)
    spa.let_access_token_lapse()
    spa.call_api()
    reply: dict[str, Any] = replies[-1].json()
    return reply


def test_a_claim_is_put_into_the_pages_token_and_the_server_gets_its_own(spa: Spa) -> None:
    showing(spa, claim="plan", value="gold", find=Find(text="Gold"))
    spa.sign_in()
    spa.open(spa.calls)
    spa.let_new_tokens_say_otherwise()

    with spa.watched() as log:
        reply = renewal_of(spa)

    assert claims(reply["access_token"])["plan"] == "gold"
    assert [exchange.status for exchange in log.api.last_of_each] == [200]


def test_a_reply_can_be_made_to_say_it_beside_the_token(spa: Spa) -> None:
    showing(spa, reply="/user/plan", value="gold", find=Find(text="Gold"))
    spa.sign_in()
    spa.open(spa.calls)
    spa.let_new_tokens_say_otherwise()

    assert renewal_of(spa)["user"] == {"plan": "gold"}


def test_what_is_shown_already_puts_no_question(spa: Spa) -> None:
    showing(spa, claim="plan", value="gold", find=Find(role="button", name="Sign out"))
    spa.sign_in()

    with pytest.raises(CouldNotAsk, match='shows button "Sign out" before any token says so'):
        spa.let_new_tokens_say_otherwise()
