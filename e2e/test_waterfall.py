"""The drawing of what a rule saw: where time and requests are put, and what is left out."""

from e2e.one_report import a_request, a_rule
from fixtures.report.pages.axis import Axis
from fixtures.report.pages.waterfall import MOST_ALIKE, waterfall


def test_a_long_pause_takes_no_more_room_than_a_gap() -> None:
    axis = Axis([0.0, 0.5, 300.5, 301.0], left=100.0, width=400.0)

    assert [gap.words for gap in axis.breaks] == ["5 min"]
    places = [axis.x(at) for at in (0.0, 0.25, 0.5, 100.0, 300.5, 301.0)]
    assert places == sorted(places)
    assert (places[0], places[-1]) == (100.0, 500.0)
    assert axis.x(300.5) - axis.x(0.5) == axis.gap < 50


def test_requests_of_a_storm_are_counted_where_they_are_alike() -> None:
    drawn = waterfall(a_rule(*(a_request(number, number / 100) for number in range(1000))))

    assert drawn is not None
    assert [bar.left_out for bar in drawn.bars] == [0] * (MOST_ALIKE - 1) + [1000 - MOST_ALIKE]
    assert drawn.hidden == 1000 - MOST_ALIKE
