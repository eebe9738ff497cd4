"""API failure: a request for data fails, and its token has nothing to do with it.

A client that takes every failure for the end of the session, or whose first request on load decides whether somebody is
signed in, signs its users out whenever the server stumbles (getodk/central#1545, artsy/force PR#6095).
"""

from fixtures.edge.faults import LOST_REPLY, RESET, SERVER_FAILED, Fault
from fixtures.judging import expect
from fixtures.spa import Spa
from fixtures.spa.texts import A_TEXT
from scenarios.catalogue import Impact, rule

FAILURES = (SERVER_FAILED, RESET)

FIRST_REQUESTS = 4
"""So many fail: enough for every widget of a usual page, or for the attempts of a client that tries again at once."""


@rule(
    impact=Impact.SERIOUS,
    cases=FAILURES,
    hint="Only a refresh that is rejected ends a session. What any other request ends in does not.",
)
def on_load_does_not_sign_out(spa: Spa, fault: Fault) -> None:
    """A page whose first requests fail when it is loaded redirects nobody to sign-in, and keeps the session."""
    spa.sign_in()
    spa.leave()
    spa.network.fail_api(fault, times=FIRST_REQUESTS)

    with spa.watched() as log:
        spa.open(spa.pages.busy)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.storage.session).to_hold_a_session()


@rule(
    impact=Impact.SERIOUS,
    needs={"request alone"},
    cases=FAILURES,
    hint="Refresh on 401 only. A 500 says nothing of the token.",
)
def does_not_refresh(spa: Spa, fault: Fault) -> None:
    """A request that fails on a page in use leads to no refresh, and redirects nobody to sign-in."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.fail_api(fault, times=1)

    with spa.watched() as log:
        spa.call_api()

    expect(log.refreshes).to_have_count(0)
    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.storage.session).to_hold_a_session()


@rule(
    impact=Impact.CRITICAL,
    needs={"saving"},
    hint="Only what reads may be sent again unasked. For a write, ask the user, or keep the Idempotency-Key it had.",
)
def does_not_repeat_a_write_by_itself(spa: Spa) -> None:
    """What a user saves is not sent again unasked where the answer was lost: the server may have done it.

    The user sees two orders, two payments, two comments.
    """
    spa.sign_in()
    spa.open(spa.pages.form)
    spa.network.fail_api(LOST_REPLY, times=1)

    with spa.watched(patiently=False) as log:
        spa.save(A_TEXT)
        spa.clock.let_time_pass(30, step=5)

    expect(log.api.like(log.api.first_write).told_apart_by_key).to_have_at_most(1)
    expect(log.redirects).not_to_visit(spa.pages.sign_in)
