"""Live channel: a page keeps a stream of events, or a WebSocket, open, and the access token does not last as long.

Such a stream is opened once and forgotten: it is the code that renews tokens for all other requests that nobody thinks
of there. When it breaks, hours later, it goes on as it began (opencloud-eu/opencloud#3165,
robtaussig/react-use-websocket#122).
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import Impact, rule

AT_MOST_SECONDS = 120.0
"""Within this time, by the page's own clock, a stream that has broken is open again."""

A_WHILE_SECONDS = 10.0

A_MINUTE_SECONDS = 60.0

MOST_REQUESTS = 10
"""So many requests for a stream within a while are a storm."""


@rule(
    impact=Impact.MODERATE,
    needs={"live page"},
    hint="Ask for the token each time that the stream is opened, and not once when the page is.",
)
def reconnects_with_the_current_token(spa: Spa) -> None:
    """A stream that breaks after its access token has expired is opened again, with a token that is good by then."""
    spa.sign_in()
    spa.live.open()
    first = spa.access_token

    with spa.watched() as log:
        spa.clock.let_access_token_expire()
        spa.live.break_off()
        spa.live.let_time_pass_until_open(AT_MOST_SECONDS)

    expect(log.streams.last_of_each).not_to_carry(first)
    expect(log.streams.succeeded).to_have_at_least(1)


@rule(
    impact=Impact.SERIOUS,
    needs={"live page", "refresh on a 401"},
    hint="Treat a 401 of the stream as one of any other request: refresh once, then open it with the new token. "
    "Neither an EventSource nor a WebSocket says why it was refused: ask for something else, whose answer does.",
)
def refreshes_once_when_the_stream_is_rejected(spa: Spa) -> None:
    """A stream that is rejected with a 401 causes one refresh, and is opened again with what that brings.

    It is not asked for again and again: with every page that is open doing so, no server would come up again.
    """
    spa.sign_in()
    spa.live.open()

    with spa.watched() as log:
        spa.network.reject_access_token()
        spa.live.break_off()
        spa.live.let_time_pass_until_open(AT_MOST_SECONDS)
        spa.clock.let_time_pass(A_WHILE_SECONDS, step=5)

    expect(log.streams).to_be_no_storm(MOST_REQUESTS, within=A_WHILE_SECONDS)
    expect(log.refreshes).to_have_count(1)
    expect(log.streams.succeeded).to_have_at_least(1)


@rule(
    impact=Impact.CRITICAL,
    needs={"live page", "sign-out"},
    hint="Abort the stream at the sign-out, and let whatever opens it again look whether there is still a session.",
)
def closes_the_stream_at_the_sign_out(spa: Spa) -> None:
    """After the sign-out no stream is kept open, and none is opened."""
    spa.sign_in()

    with spa.watched(patiently=False) as until_signed_out:
        spa.live.open()
        spa.sign_out()
        spa.live.wait_for_its_end()
    with spa.watched(patiently=False) as afterwards:
        spa.clock.let_time_pass(A_MINUTE_SECONDS, step=5)

    expect(until_signed_out.streams).to_have_ended()
    expect(afterwards.streams).to_have_count(0)
