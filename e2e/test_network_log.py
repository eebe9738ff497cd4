"""The network log and the redirect trail: selecting, counting, and the words in which they are judged."""

from dataclasses import replace
from typing import Any

import pytest

from fixtures.ends import RuleBroken
from fixtures.judging import expect
from fixtures.observed.exchange import Exchange, Kind
from fixtures.observed.network_log import NetworkLog
from fixtures.observed.payload import Payload
from fixtures.observed.redirects import How, RedirectTrail, Visit

NOWHERE = RedirectTrail("/dashboard", ())


def exchange(number: int, kind: Kind = Kind.REFRESH, **changes: object) -> Exchange:
    fields: dict[str, object] = {
        "number": number,
        "kind": kind,
        "method": "POST" if kind is Kind.REFRESH else "GET",
        "path": "/auth/refresh/" if kind is Kind.REFRESH else "/api/notes/",
        "started": float(number),
        "wall_started": float(number),
        "ended": number + 0.5,
        "answered_after": number + 0.25,
        "status": 200,
    }
    return Exchange(**{**fields, **changes})  # type: ignore[arg-type]  # the fields above, by name


def log(*exchanges: Exchange, trail: RedirectTrail = NOWHERE, exceptions: tuple[str, ...] = ()) -> NetworkLog:
    return NetworkLog(exchanges, trail, exceptions)


def fact(judgement: object) -> str:
    """The first line of the failure that a judgement ends in."""
    with pytest.raises(RuleBroken) as broken:
        judgement()  # type: ignore[operator]  # a lambda
    return broken.value.fact


def test_a_stream_that_nobody_closes_is_told_of_with_its_answer() -> None:
    asked = {"path": "/api/events/", "is_stream": True}
    closed = exchange(1, Kind.API, **asked, failure="aborted by the page")
    kept, rejected = exchange(2, Kind.API, **asked, ended=None), exchange(3, Kind.API, **asked, status=401, ended=None)

    assert fact(lambda: expect(log(closed, kept, exchange(4)).streams).to_have_ended()) == (
        "1 of 2 requests for a stream was never closed: GET /api/events/ 200."
    )
    expect(log(closed, rejected, exchange(4, ended=None)).streams).to_have_ended()


def test_selections_are_by_kind_and_keep_the_order() -> None:
    whole = log(exchange(1), exchange(2, Kind.API), exchange(3))

    assert [found.number for found in whole.refreshes] == [1, 3]
    assert [found.number for found in whole.api] == [2]
    assert len(whole.sign_ins) == len(whole.documents) == 0


@pytest.mark.parametrize(
    ("changes", "succeeded"),
    [
        ({}, True),
        ({"status": 204}, True),
        ({"status": 401}, False),
        ({"status": None, "failure": "connection reset"}, False),
        ({"failure": "aborted by the page"}, False),
        ({"status": None}, False),
        ({"fault": "200 with an HTML page"}, False),
    ],
)
def test_an_exchange_succeeded_if_the_server_itself_gave_a_good_answer(
    changes: dict[str, Any], *, succeeded: bool
) -> None:
    assert replace(exchange(1), **changes).succeeded is succeeded


def test_a_pause_lasts_from_the_earliest_answer_to_the_next_start() -> None:
    refreshes = log(exchange(1), exchange(2), exchange(5)).refreshes

    assert refreshes.pauses == (0.75, 2.75)


def test_the_last_of_each_is_what_the_page_was_left_with() -> None:
    rejected = exchange(1, Kind.API, status=401)
    served = exchange(3, Kind.API)
    other = exchange(2, Kind.API, path="/api/summary/")

    assert log(rejected, other, served).api.last_of_each.items == (other, served)


def test_a_request_sent_again_is_told_from_the_first_by_its_key() -> None:
    one, another = (Payload({"idempotency-key": key}) for key in ("one digest", "another digest"))
    keyless, keyless_again = exchange(1, Kind.API), exchange(2, Kind.API)
    first, again = exchange(3, Kind.API, payload=one), exchange(4, Kind.API, payload=one)
    anew = exchange(5, Kind.API, payload=another)

    told_apart = log(keyless, keyless_again, first, again, anew).api.told_apart_by_key

    assert told_apart.items == (keyless, keyless_again, first, anew)


def test_a_count_that_is_off_names_both_numbers() -> None:
    twice = log(exchange(1), exchange(2)).refreshes

    assert fact(lambda: expect(twice).to_have_count(1)) == "2 refreshes were sent; expected 1."
    assert fact(lambda: expect(twice).to_have_count(0)) == "2 refreshes were sent; expected none."
    assert fact(lambda: expect(twice).to_have_at_most(1)) == "2 refreshes were sent; expected at most 1."
    assert fact(lambda: expect(log().refreshes).to_have_at_least(1)) == "No refresh was sent; expected at least 1."
    expect(twice).to_have_count(2)
    expect(twice).to_have_at_most(2)
    expect(twice).to_have_at_least(2)


def test_the_exchanges_that_deviate_are_the_culprits() -> None:
    with pytest.raises(RuleBroken) as broken:
        expect(log(exchange(1), exchange(2), exchange(3)).refreshes).to_have_count(1)

    assert broken.value.culprits == {2, 3}


def test_failed_requests_are_listed_with_their_outcome() -> None:
    api = log(exchange(1, Kind.API), exchange(2, Kind.API, status=401)).api

    assert fact(lambda: expect(api).to_have_succeeded()) == ("1 of 2 API requests failed: GET /api/notes/ 401.")
    expect(api.succeeded).to_have_succeeded()


def test_pauses_are_judged_by_their_shortest_and_by_their_growth() -> None:
    hasty = log(exchange(1), exchange(2), exchange(3)).refreshes
    growing = log(exchange(1), exchange(2), exchange(6)).refreshes

    assert fact(lambda: expect(hasty).to_be_at_least_apart(1)) == (
        "A refresh was sent 0.8 s after the one before it; expected a pause of at least 1 s."
    )
    assert fact(lambda: expect(hasty).to_back_off()) == ("The pauses between refreshes did not grow: 0.8 s, 0.8 s.")
    assert fact(lambda: expect(log(exchange(1)).refreshes).to_back_off()) == (
        "The pauses between refreshes did not grow: there were none."
    )
    expect(growing).to_be_at_least_apart(0.5)
    expect(growing).to_back_off()


def test_a_stale_token_is_called_by_its_name() -> None:
    api = log(exchange(1, Kind.API, access_token="A"), exchange(2, Kind.API, access_token="B")).api

    assert fact(lambda: expect(api).not_to_carry("A")) == (
        "1 of 2 API requests was sent with the stale access token A."
    )
    expect(api).not_to_carry("C")


def test_an_exception_of_the_page_is_quoted() -> None:
    assert fact(lambda: expect(log(exceptions=("RangeError: Invalid time",))).to_have_no_exceptions()) == (
        "Uncaught exception: RangeError: Invalid time"
    )
    expect(log()).to_have_no_exceptions()


def trail(*visits: tuple[str, How], start: str = "/dashboard") -> RedirectTrail:
    return RedirectTrail(start, tuple(Visit(url, how, float(at)) for at, (url, how) in enumerate(visits)))


def test_a_visit_is_to_a_path_whatever_query_and_hash() -> None:
    there = trail(("/login?next=%2Fnotes", How.REPLACE))

    assert fact(lambda: expect(there).not_to_visit("/login")) == (
        "The user was redirected to /login (replaceState), but should have stayed signed in."
    )
    expect(there).to_visit_once("/login")
    expect(there).not_to_visit("/log")


def test_a_form_that_is_shown_where_the_user_is_reads_as_one() -> None:
    there = trail(("the sign-in form", How.SHOWN))

    assert fact(lambda: expect(there).not_to_visit("the sign-in form")) == (
        "The user was redirected to the sign-in form (at the same address), but should have stayed signed in."
    )


def test_a_change_of_query_or_hash_alone_is_no_new_visit_and_a_load_is() -> None:
    expect(trail(("/login", How.REPLACE), ("/login#form", How.REPLACE))).to_visit_once("/login")
    twice = trail(("/login", How.REPLACE), ("/login", How.LOAD))

    assert (
        fact(lambda: expect(twice).to_visit_once("/login")) == "The user was redirected to /login twice; expected once."
    )


def test_a_page_may_stay_or_go_to_one_place_and_to_no_other() -> None:
    visits = (Visit("/notes?q=tea", How.REPLACE, 1), Visit("/login?next=%2F", How.PUSH, 2), Visit("/home", How.LOAD, 3))

    expect(RedirectTrail("/notes", visits[:2])).to_go_nowhere_but("/login")
    assert fact(lambda: expect(RedirectTrail("/notes", visits)).to_go_nowhere_but("/login")) == (
        "The page went to /home (page load); expected only /login."
    )


def test_the_trail_ends_where_it_ended_or_where_it_began() -> None:
    assert trail().end == "/dashboard"
    assert fact(lambda: expect(trail(("/a?b#c", How.PUSH))).to_end_at("/a")) == (
        "The page ended at /a?b#c; expected /a."
    )
    assert str(trail(("/login", How.REPLACE))) == "/dashboard → replace /login"


def test_nothing_else_can_be_expected_of() -> None:
    with pytest.raises(TypeError, match="expect\\(\\) judges exchanges, trails, stored tokens, counters, marks, pages"):
        expect(3)  # type: ignore[call-overload]  # the mistake
