"""A session that begins in the middle of a rule, on a form that the app has shown, is gone on with as any other is."""

from datetime import datetime

import pytest

from fixtures.given.spa import MakeSpa
from fixtures.judging import expect
from fixtures.spa import Spa
from fixtures.spa.session_stock import SessionStock, app_of


@pytest.fixture
def stock() -> SessionStock:
    """In the place of the one that is shut for tests of the suite's own."""
    return SessionStock()


def is_left(stock: SessionStock, spa: Spa) -> bool:
    """Whether a rule that was kept leaves a session when it ends."""
    spa.note_unharmed()
    spa.end()
    return stock.has(app_of(spa.target, spa.world.base_url))


def be_sent_to_sign_in(spa: Spa) -> None:
    spa.sign_in()
    spa.leave()
    spa.network.reject_refresh_token()
    spa.clock.let_access_token_expire()
    spa.open(spa.pages.home)


def sign_out(spa: Spa) -> None:
    spa.sign_in()
    spa.open(spa.pages.home)
    spa.sign_out()


def test_one_that_began_by_a_moved_clock_is_as_old_as_it_is(make_spa: MakeSpa, stock: SessionStock) -> None:
    spa = make_spa()
    be_sent_to_sign_in(spa)
    assert spa.world.clock.ahead > 900
    spa.sign_in_again()
    assert is_left(stock, spa)

    following = make_spa()
    following.sign_in()
    following.open(following.pages.calls)

    assert following.has_gone_on
    assert 800 < following.clock.left <= 900
    written = datetime.fromisoformat(str(following.storage.browser.values()["expiry"])).timestamp()
    assert abs(written - following.world.clock.epoch() - following.clock.left) < 5
    assert len(following.recorder.log().refreshes) == 0
    assert len(following.recorder.log().sign_ins) == 0
    assert len(following.recorder.log().api.failed) == 0


@pytest.mark.parametrize("ended", [be_sent_to_sign_in, sign_out])
def test_its_tokens_are_good_and_its_own(make_spa: MakeSpa, stock: SessionStock, ended: object) -> None:
    spa = make_spa()
    assert callable(ended)
    ended(spa)
    spa.sign_in_again()
    assert is_left(stock, spa)

    following = make_spa()
    following.sign_in()
    following.open(following.pages.busy)
    with following.watched() as log:
        following.clock.let_access_token_expire()
        following.call_much_at_once()

    assert following.account == spa.account
    assert following.has_gone_on
    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_succeeded()


@pytest.mark.parametrize("who_saved", ["nobody", "the first", "the next"])
def test_another_user_leaves_a_session_where_nothing_was_saved_in_it(
    make_spa: MakeSpa, stock: SessionStock, who_saved: str
) -> None:
    spa = make_spa()
    spa.sign_in()
    spa.open(spa.pages.form)
    if who_saved == "the first":
        spa.save("a note")
    spa.sign_out()
    following = spa.someone_else()
    spa.sign_in_as(following)
    if who_saved == "the next":
        spa.open(spa.pages.form)
        spa.save("a note")

    assert is_left(stock, spa) == (who_saved != "the next")

    if who_saved != "the next":
        assert make_spa().account == following


def test_what_the_first_user_has_saved_is_met_by_no_other_session(make_spa: MakeSpa, stock: SessionStock) -> None:
    first = make_spa()
    first.sign_in()
    assert is_left(stock, first)
    second = make_spa()
    second.sign_in()
    assert second.marks.signed_in.is_visible()  # and so by the form, as the same user
    assert is_left(stock, second)
    saving = make_spa()
    saving.sign_in()
    saving.open(saving.pages.form)
    saving.save("a note")
    saving.sign_out()
    following = saving.someone_else()
    saving.sign_in_as(following)
    assert is_left(stock, saving)

    kept = stock.take_all(app_of(saving.target, saving.world.base_url))
    assert [each.account for each in kept] == [following]


def test_one_that_a_made_up_reply_began_is_left_to_nobody(make_spa: MakeSpa, stock: SessionStock) -> None:
    spa = make_spa()
    sign_out(spa)
    spa.network.rotate_refresh_tokens()
    spa.sign_in_again()

    assert not is_left(stock, spa)


def test_one_that_has_ended_once_more_is_left_to_nobody(make_spa: MakeSpa, stock: SessionStock) -> None:
    spa = make_spa()
    sign_out(spa)
    spa.sign_in_again()
    spa.sign_out()

    assert not is_left(stock, spa)
