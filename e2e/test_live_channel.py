"""The live channel on the real app: what the page shows of it, and what the suite brings about."""

import pytest
from playwright.sync_api import expect as playwright_expect

from fixtures.ends import CouldNotAsk, DoesNotApply, RuleBroken
from fixtures.judging import expect
from fixtures.spa import Spa
from fixtures.spa.texts import A_TEXT


def test_a_note_that_another_tab_saves_appears_by_itself(spa: Spa) -> None:
    spa.sign_in()
    spa.live.open()
    other = spa.open_tab(spa.pages.form)

    with spa.watched() as log:
        other.save(A_TEXT)

    playwright_expect(spa.page.get_by_role("heading", name=A_TEXT)).to_have_count(1)
    assert len(log.of_tab(spa).all) == 0


def test_nothing_is_lost_while_the_stream_is_broken_and_nothing_comes_twice(spa: Spa) -> None:
    spa.sign_in()
    other = spa.open_tab(spa.pages.form)
    other.save("first")
    spa.live.open()
    playwright_expect(spa.page.get_by_role("heading", name="first")).to_have_count(1)

    spa.live.break_off()
    other.open(spa.pages.form)
    other.save("second")
    spa.live.let_time_pass_until_open(60)

    playwright_expect(spa.page.get_by_role("heading", name="second")).to_have_count(1)
    playwright_expect(spa.page.get_by_role("heading", name="first")).to_have_count(1)


def test_a_stream_that_breaks_is_opened_again_after_a_pause(spa: Spa) -> None:
    spa.sign_in()
    spa.live.open()

    with spa.watched() as log:
        spa.live.break_off()
        spa.live.let_time_pass_until_open(60)

    assert [each.ended_in for each in log.streams] == ["200"]
    assert [each.ended_in for each in spa.recorder.log().streams] == ["200, connection reset", "200"]
    assert len(log.refreshes) == 0


def test_a_stream_that_is_still_open_is_told_of(spa: Spa) -> None:
    spa.sign_in()
    with spa.watched() as log:
        spa.live.open()

    with pytest.raises(RuleBroken, match=r"1 request for a stream was never closed: GET /api/events/ 200"):
        expect(log.streams).to_have_ended()


def test_a_page_that_keeps_no_stream_open_could_not_be_asked(spa: Spa) -> None:
    spa.sign_in()
    spa.page.route("**/api/events/", lambda route: route.abort())

    with pytest.raises(CouldNotAsk, match=r"^/live keeps no stream open: no GET /api/events/ got an answer"):
        spa.live.open()


def test_without_a_stream_within_reach_none_is_broken(spa: Spa) -> None:
    spa.sign_in()

    with pytest.raises(
        DoesNotApply, match="the suite can only break a stream of events that goes to this machine over"
    ):
        spa.live.break_off()
