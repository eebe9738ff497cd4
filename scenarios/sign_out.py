"""Sign-out: the user leaves, on purpose, and the session must be over for good.

On a shared computer the next person sits down at once. What comes back then is a breach
(supabase/supabase-js PR#2392, strapi/strapi#22854, TanStack/query#28).
"""

from fixtures.edge.faults import RESET, SERVER_FAILED, SESSION_GONE, Fault
from fixtures.ends import DoesNotApply
from fixtures.judging import expect
from fixtures.spa import Place, Spa
from fixtures.spa.texts import A_TEXT
from scenarios.catalogue import Impact, rule

A_LOT = 100
"""More requests for data than two page loads make."""


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out", "calls"},
    hint="Drop the reply of a refresh that belongs to a session that has ended.",
)
def late_refresh_does_not_restore_the_session(spa: Spa) -> None:
    """A refresh that was under way at the sign-out does not bring the session back."""
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.holding.refresh_replies() as held:
        spa.clock.let_access_token_expire()
        spa.call_api()
        spa.sign_out()
        with spa.watched(patiently=False) as log:
            held.release()

    expect(spa.storage.session).to_be_empty()
    # A session that came back may have been found dead and ended again by now. The user has seen it all the same.
    expect(log.redirects).to_go_nowhere_but(spa.pages.sign_in)
    expect(spa.marks.after_sign_out).to_be_shown()
    expect(spa.marks.signed_in).not_to_be_shown()
    spa.open(spa.pages.home)
    expect(spa.marks.sign_in_form).to_be_shown()


@rule(
    impact=Impact.SERIOUS,
    needs={"sign-out", "calls", "sign-in form"},
    hint="Look whose refresh it was before you believe its rejection: the session may be another one by now.",
)
def late_rejected_refresh_does_not_end_the_next_session(spa: Spa) -> None:
    """A refresh of the last session that is rejected after the next sign-in does not end that one."""
    spa.sign_in()
    spa.open(spa.pages.calls)

    with spa.holding.refreshes() as held:
        spa.clock.let_access_token_expire()
        spa.call_api()
        spa.sign_out()
        spa.sign_in_again()
        with spa.watched() as log:
            held.release()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.marks.signed_in).to_be_shown()
    expect(spa.storage.session).to_hold_a_session()


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out", "calls", "account page", "second account", "sign-in form"},
    hint="Look whose refresh it was before you store what it brings: that there is a session is not enough.",
)
def late_refresh_does_not_sign_in_the_previous_user(spa: Spa) -> None:
    """A refresh of the last session that is answered after the next user's sign-in does not make them the last user."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    next_user = spa.someone_else()

    with spa.watched(patiently=False) as log, spa.holding.refresh_replies():
        spa.clock.let_access_token_expire()
        spa.call_api()
        spa.sign_out()
        spa.sign_in_as(next_user)

    expect(log.redirects).to_visit_once(spa.pages.sign_in)
    spa.open(spa.pages.home)
    spa.go_to_account_page()
    expect(spa.marks.data_of(spa.account)).not_to_be_shown()
    expect(spa.marks.data_of(next_user)).to_be_shown()


@rule(
    impact=Impact.SERIOUS,
    needs={"sign-out"},
    hint="Stop every timer at the sign-out, and let none keep a token for its own use.",
)
def stops_background_refresh(spa: Spa) -> None:
    """Nothing is refreshed after the sign-out, however long the sign-in page stays open."""
    # No page load in between: the timer that nobody stops may be the one that the sign-in has set.
    spa.sign_in()
    spa.sign_out()

    with spa.watched(patiently=False) as log:
        spa.clock.bring_near_expiry(seconds_left=spa.policy.early_renewal + 30)
        spa.clock.let_time_pass(spa.clock.left + 10, step=5)

    expect(log.refreshes).to_have_count(0)
    expect(spa.storage.session).to_be_empty()


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out"},
    hint="End the session here first, and tell the server when it can be told.",
)
def works_offline(spa: Spa) -> None:
    """Whoever signs out is signed out, here and at once, whether or not the server can be told."""
    spa.sign_in()
    # No page load in between: it might have asked already for what a client has to ask for before it signs out.
    spa.network.cut()

    spa.sign_out()

    expect(spa.marks.after_sign_out).to_be_shown()
    expect(spa.storage.session).to_be_empty()


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out"},
    cases=(SERVER_FAILED, SESSION_GONE),
    hint="End the session here first. What the server says to the sign-out changes nothing of that.",
)
def works_whatever_the_server_says(spa: Spa, fault: Fault) -> None:
    """Whoever signs out is signed out here, also where the server fails, or knows nothing of the session any more."""
    spa.sign_in()
    spa.open(spa.pages.home)
    spa.network.break_down(fault)

    spa.sign_out()

    expect(spa.marks.after_sign_out).to_be_shown()
    expect(spa.storage.session).to_be_empty()


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out"},
    hint="Keep tokens in one place, or clear every place in which you keep them.",
)
def leaves_no_copy_of_a_token(spa: Spa) -> None:
    """After the sign-out no token stands anywhere in web storage, or in a cookie that a script can see."""
    spa.sign_in()
    spa.sign_out()

    expect(spa.storage.copies_of_tokens).to_be_empty()


@rule(
    impact=Impact.MODERATE, needs={"sign-out", "calls"}, hint="Reject what waits for the refresh when the session ends."
)
def drops_queued_requests(spa: Spa) -> None:
    """Requests that waited for a refresh at the sign-out are not sent any more."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    with spa.watched() as usual:
        spa.call_api()

    with spa.holding.refreshes() as held:
        spa.clock.let_access_token_expire()
        spa.call_api()
        spa.sign_out()
        with spa.watched() as log:
            held.release()

    expect(usual.api).to_have_at_least(1)
    # What the sign-in page asks for by itself has waited for nothing.
    expect(log.api.like(usual.api)).to_have_count(0)


@rule(
    impact=Impact.SERIOUS,
    needs={"sign-out", "stored refresh token", "readable refresh token", "carrier of the refresh token"},
    hint="Tell the server: a token that is only forgotten still works for whoever has a copy.",
)
def revokes_the_refresh_token_on_the_server(spa: Spa) -> None:
    """After the sign-out the server takes the refresh token no more."""
    spa.sign_in()
    spa.see_how_it_refreshes()
    copy = spa.copy_refresh_token()
    spa.sign_out()

    expect(spa.refresh_with(copy)).to_have_been_rejected()
    spa.check_that_copies_work()


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out", "account page", "second account", "sign-in form"},
    hint="Empty what is kept in memory of the last user's data when the session ends.",
)
def clears_the_previous_users_data(spa: Spa) -> None:
    """Nothing of the last user is shown to the next one, who signs in without a page load."""
    spa.sign_in()
    spa.go_to_account_page()
    expect(spa.marks.data_of(spa.account)).to_be_shown()
    spa.sign_out()
    next_user = spa.someone_else()

    with spa.watched(), spa.holding.api_requests():
        spa.sign_in_as(next_user)
        spa.go_to_account_page()
        expect(spa.marks.data_of(spa.account)).not_to_be_shown()


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out", "form", "second account", "sign-in form"},
    hint="Keep drafts by user, and empty them at the sign-out.",
)
def clears_the_previous_users_form_input(spa: Spa) -> None:
    """What the last user has typed and not saved is not in the form of the next one."""
    spa.sign_in()
    spa.open(spa.pages.form)
    spa.type_into_form(A_TEXT)
    spa.sign_out()
    spa.sign_in_as(spa.someone_else())

    spa.open(spa.pages.form)

    expect(spa.marks.field_of(spa.pages.form)).to_be_shown()
    expect(spa.marks.field_of(spa.pages.form)).not_to_hold(A_TEXT)


def _save_and_see_what_was_saved(spa: Spa) -> None:
    """Somebody signs in, saves something, and has it on the home page."""
    spa.sign_in()
    spa.open(spa.pages.form)
    spa.save(A_TEXT)
    spa.open(spa.pages.home)
    expect(spa.marks.text_of_another_user(A_TEXT)).to_be_shown()


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out", "saving", "second account", "sign-in form"},
    hint="Empty every cache of the API's answers when the session ends.",
)
def clears_cached_responses_of_the_previous_user(spa: Spa) -> None:
    """What the last user has saved is not shown to the next one, who signs in without a page load."""
    _save_and_see_what_was_saved(spa)
    spa.sign_out()
    next_user = spa.someone_else()

    with spa.watched(), spa.holding.api_requests():
        spa.sign_in_as(next_user)
        expect(spa.marks.text_of_another_user(A_TEXT)).not_to_be_shown()


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out", "saving", "second account", "sign-in form"},
    hint="Throw away at the sign-out what was kept for bad times: a service worker's cache, IndexedDB, storage.",
)
def keeps_responses_from_the_next_user(spa: Spa) -> None:
    """What the last user has saved is not shown to the next one, whose requests for data find no server."""
    _save_and_see_what_was_saved(spa)
    spa.sign_out()
    next_user = spa.someone_else()
    spa.network.fail_api(RESET, times=A_LOT)

    with spa.watched():
        spa.sign_in_as(next_user)
        spa.open(spa.pages.home)
        expect(spa.marks.text_of_another_user(A_TEXT)).not_to_be_shown()


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out", "saving", "second account", "sign-in form"},
    hint="Drop an answer that arrives when another session has begun than the one that asked.",
)
def ignores_a_late_response_of_the_previous_user(spa: Spa) -> None:
    """What the last user had asked for, and what is answered after the next sign-in, is not shown to the next user."""
    _save_and_see_what_was_saved(spa)
    next_user = spa.someone_else()

    with spa.watched(patiently=False):
        with spa.holding.api_replies() as held:
            spa.open(spa.pages.home)
            spa.sign_out_at_once()
            held.take_no_more()
            spa.sign_in_as(next_user)
        expect(spa.marks.text_of_another_user(A_TEXT)).not_to_be_shown()


def _leave_ones_own_data_by_signing_out(spa: Spa) -> Place:
    """Somebody signs out on the page with their own data, to which whoever comes next goes back."""
    spa.sign_in()
    spa.go_to_account_page()
    expect(spa.marks.own_data).to_be_shown()
    left = spa.mark_place()
    spa.sign_out()
    return left


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out", "account page"},
    hint="Ask for the session wherever a page is entered, by the back button too, and keep no data that outlives it.",
)
def shows_nothing_of_the_user_on_the_way_back(spa: Spa) -> None:
    """Whoever goes back after the sign-out, with the browser's button, is shown nothing of the user who has left."""
    left = _leave_ones_own_data_by_signing_out(spa)

    with spa.watched(patiently=False):
        spa.go_back_to(left)

    expect(spa.marks.own_data).not_to_be_shown()
    expect(spa.marks.signed_in).not_to_be_shown()


@rule(
    impact=Impact.CRITICAL,
    needs={"sign-out", "account page"},
    full_browser=True,
    hint="Listen to `pageshow`: where `persisted` says that the page was kept, look whether there is still a session.",
)
def shows_nothing_of_the_user_in_a_kept_page(spa: Spa) -> None:
    """A page that a sign-out has left, and that the browser has kept for the way back, does not show its user again.

    Browsers keep the last pages of a tab whole, with all that they show, in the back/forward cache. Nothing of the app
    is loaded when one is brought back.
    """
    left = _leave_ones_own_data_by_signing_out(spa)
    if not left.is_left:
        raise DoesNotApply("signing out loads no other page, so that there is none for the browser to keep")

    with spa.watched(patiently=False) as log:
        spa.go_back_to(left)

    if not log.redirects.has_restored:
        raise DoesNotApply(f"the browser does not keep the page that the sign-out leaves ({left.why_not_kept})")
    expect(spa.marks.own_data).not_to_be_shown()
    expect(spa.marks.signed_in).not_to_be_shown()
