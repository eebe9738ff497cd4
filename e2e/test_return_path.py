"""The return path in a sign-in page's address is found by what the app came from, and is no other part of it."""

import pytest

from fixtures.page.return_path import with_return_path

OTHER = "//another-site.invalid/"
WRITTEN = "%2F%2Fanother-site.invalid%2F"


@pytest.mark.parametrize(
    ("sign_in", "came_from", "expected"),
    [
        (
            "http://app/login?next=%2Fnotes%3Fq%3D1%23top&reason=ended",
            "http://app/notes?q=1#top",
            f"http://app/login?next={WRITTEN}&reason=ended",
        ),
        ("http://app/login?to=http%3A%2F%2Fapp%2Fnotes", "http://app/notes?q=1", f"http://app/login?to={WRITTEN}"),
        ("http://app/#/login?next=%2Fnotes", "http://app/#/notes", f"http://app/#/login?next={WRITTEN}"),
        ("http://app/login?next=%2Forders", "http://app/notes", None),
        ("http://app/login", "http://app/notes", None),
    ],
)
def test_return_path(sign_in: str, came_from: str, expected: str | None) -> None:
    assert with_return_path(sign_in, came_from, OTHER) == expected
