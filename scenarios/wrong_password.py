"""Wrong password: somebody mistypes, while tokens of an earlier session are still in storage.

The 401 of the sign-in is about the password. Clients that take it for an expired token send the password twice, which
counts twice towards a lock-out (Flyrell/axios-auth-refresh#41, reduxjs/redux-toolkit#2045).
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import Impact, rule


@rule(
    impact=Impact.SERIOUS,
    needs={"sign-out", "sign-in form", "password request"},
    hint="Leave the auth endpoints out of the 401 handling: sign-in as well as refresh.",
)
def is_sent_once(spa: Spa) -> None:
    """A wrong password is sent once, and leads to no refresh, whatever is left in storage of an earlier session."""
    spa.sign_in()
    spa.open(spa.pages.home)
    stale = spa.storage.browser.snapshot()
    spa.sign_out()
    spa.open_sign_in_page()
    spa.storage.browser.restore(stale)

    with spa.watched() as log:
        spa.try_wrong_password()

    expect(log.refreshes).to_have_count(0)
    expect(log.sign_ins.admitted).to_have_count(1)
    expect(spa.marks.sign_in_form).to_be_shown()


@rule(
    impact=Impact.MODERATE,
    needs={"deep link", "sign-in form", "password request"},
    hint="Say that the password was wrong without leaving the page, or hand on the return path once more.",
)
def keeps_the_return_path(spa: Spa) -> None:
    """Whoever mistypes the password once still gets to the page that was first asked for."""
    spa.sign_in()
    spa.leave()
    spa.network.reject_refresh_token()
    spa.clock.let_access_token_expire()
    spa.open(spa.pages.deep_link)
    spa.try_wrong_password()

    with spa.watched() as log:
        spa.sign_in_again()

    expect(log.redirects).to_end_at(spa.pages.deep_link.path)
