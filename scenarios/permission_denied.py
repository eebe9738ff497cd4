"""Permission denied: one page is not for this user, and the server says so with 403.

Clients that take every rejection for an expired token sign the user out of everything else
(open-metadata/OpenMetadata PR#30763).
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import Impact, rule


@rule(
    impact=Impact.MINOR,
    needs={"forbidden page", "403 with a reason"},
    hint="403 says that this user may not, whatever the token. Refresh on 401 only.",
)
def does_not_refresh(spa: Spa) -> None:
    """A page that the user may not see leads to no refresh."""
    spa.sign_in()
    spa.leave()

    with spa.watched() as log:
        spa.open_forbidden()

    expect(log.refreshes).to_have_count(spa.target.refreshes_per_load)


@rule(
    impact=Impact.SERIOUS,
    needs={"forbidden page"},
    hint="Show on the page that it is not for this user, and leave the session alone.",
)
def does_not_sign_out(spa: Spa) -> None:
    """A page that the user may not see says so, and the user stays signed in."""
    spa.sign_in()
    spa.leave()

    with spa.watched() as log:
        spa.open_forbidden()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.marks.content_of(spa.pages.forbidden)).to_be_shown()
    expect(spa.marks.signed_in).to_be_shown()
    expect(spa.storage.session).to_hold_a_session()
