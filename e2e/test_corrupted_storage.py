"""What the suite puts into storage is what the page finds there when it loads again."""

import pytest

from fixtures.spa import Spa
from scenarios.catalogue.rules import Rule, rules_of
from scenarios.corrupted_storage import refreshes_a_corrupted_access_token

# As a store with a persistence layer does: it writes down what it has in memory whenever something happens.
WRITES_AS_IT_IS_LEFT = """
const kept = {};
const write = Storage.prototype.setItem;
Storage.prototype.setItem = function (key, value) {
  kept[key] ??= value;
  write.call(this, key, value);
};
addEventListener("pagehide", () => {
  for (const key in kept) write.call(localStorage, key, kept[key]);
});
"""


@pytest.mark.parametrize("rule", rules_of(refreshes_a_corrupted_access_token)[::3], ids=str)
def test_a_page_that_writes_down_its_memory_as_it_is_left_is_asked_all_the_same(spa: Spa, rule: Rule) -> None:
    spa.page.context.add_init_script(WRITES_AS_IT_IS_LEFT)

    rule.apply(spa)
