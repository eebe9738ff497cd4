"""The cheapest choice of sets, held against all choices that there are."""

import random
from itertools import combinations

import pytest

from fixtures.mistakes.cover import MOST_STEPS, Offer, cheapest, price


def some(seed: int, *, items: int, offers: int) -> tuple[list[Offer], dict[str, float]]:
    chance = random.Random(seed)  # noqa: S311 - examples, and no secret
    left_out = {f"rule-{number}": chance.choice([0.25, 0.5, 1.0]) for number in range(items)}
    made = [
        Offer(number, frozenset(chance.sample(sorted(left_out), chance.randint(1, items // 2))), chance.uniform(0.4, 3))
        for number in range(offers)
    ]
    return made, left_out


@pytest.mark.parametrize("seed", range(60))
def test_no_other_choice_is_cheaper(seed: int) -> None:
    offers, left_out = some(seed, items=9, offers=9)
    choices = [list(choice) for size in range(len(offers) + 1) for choice in combinations(offers, size)]

    found = cheapest(offers, left_out)

    assert price(found, left_out) == pytest.approx(min(price(choice, left_out) for choice in choices))


def test_many_are_chosen_from_within_the_steps_and_no_worse_than_one_by_one() -> None:
    offers, left_out = some(1, items=75, offers=145)

    found = cheapest(offers, left_out)

    assert MOST_STEPS < 10_000  # each takes a fraction of a millisecond, and a person waits for the last
    assert price(found, left_out) <= price(greedily(offers, left_out), left_out) + 1e-9


def greedily(offers: list[Offer], left_out: dict[str, float]) -> list[Offer]:
    chosen: list[Offer] = []
    while True:
        rest = left_out.keys() - frozenset[str]().union(*(offer.items for offer in chosen))
        gains = {offer: sum(left_out[item] for item in offer.items & rest) for offer in offers}
        worth = [offer for offer in offers if gains[offer] > offer.cost]
        if not worth:
            return chosen
        chosen.append(min(worth, key=lambda offer: offer.cost / gains[offer]))


def test_what_costs_more_than_it_has_is_left_out() -> None:
    assert cheapest([Offer("dear", frozenset({"a"}), 1.5)], {"a": 1.0}) == []


def test_nothing_to_choose_for_is_nothing_chosen() -> None:
    assert cheapest([], {}) == []
