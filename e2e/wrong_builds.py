"""Building wrong versions of the bundled app, a few at a time."""

from fixtures.apps import builds
from scenarios.catalogue.defects import DEFECTS, Defect

BUILT_AT_ONCE = 12
"""So many wrong versions are built together. One by one, each costs a start of the builder. All in one go, they may
take longer on a slow machine than a test is given, and whoever else builds waits for all of them.
"""


def build(defect: Defect) -> None:
    """Build a wrong version, with those beside it in the catalogue."""
    at = DEFECTS.index(defect) // BUILT_AT_ONCE * BUILT_AT_ONCE
    builds.make([each.build for each in DEFECTS[at : at + BUILT_AT_ONCE] if each.build])
