"""Several tabs: the app is open in more than one tab of the same browser, with one session between them.

Their timers and their tokens are as old as each other, so that all of them refresh at the same moment. Where refresh
tokens rotate, the second one counts as theft (directus/directus#22360, nextauthjs/next-auth#2071). What one tab does
to the session is done to that of all, whether they have heard of it or not.
"""

from fixtures.judging import expect
from fixtures.spa import Spa
from scenarios.catalogue import Impact, rule

LOCKS_END_SECONDS = 60
"""So long a tab may wait for a lock whose holder is gone. Seconds of page time."""

TURNS = 3
"""So often a lock goes from one tab to the other. On a very busy machine the storage may for once be as quick."""

TELLING_SECONDS = 5
"""So long a sign-out may take to reach the other tabs. Seconds of page time."""


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "tokens shared by tabs"},
    hint="Refresh under a lock that all tabs share (Web Locks), and look in storage first whether another tab has.",
)
def shares_one_refresh(spa: Spa) -> None:
    """A token that expires under two open tabs is refreshed once, and both tabs go on."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    other = spa.open_tab(spa.pages.calls)

    with spa.watched() as log, spa.holding.refreshes():
        spa.clock.let_access_token_expire()
        spa.call_api()
        other.call_api()

    expect(log.refreshes).to_have_count(1)
    for tab in (spa, other):
        expect(log.of_tab(tab).redirects).not_to_visit(spa.pages.sign_in)
        expect(log.of_tab(tab).api.last_of_each).to_have_at_least(1)
        expect(log.of_tab(tab).api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "tokens shared by tabs"},
    hint="A lock says nothing of storage: under it, wait for what its last holder has stored before you read.",
    full_browser=True,
)
def shares_one_refresh_between_processes(spa: Spa) -> None:
    """Two tabs in processes of their own share one refresh, however late one hears of what the other has stored.

    Browsers give each tab a process with a view of localStorage of its own, which follows the others in its own time.
    Under a Web Lock, a tab of Chromium 156 read an older value than the last holder's in 185 of 400 turns.
    """
    spa.sign_in()
    spa.open(spa.pages.calls)
    other = spa.open_tab(spa.pages.calls)
    spa.storage.delay_writes()

    for _ in range(TURNS):
        with spa.watched() as log:
            with spa.holding.refreshes():
                spa.clock.let_access_token_expire()
                spa.call_api()
                other.call_api()
            spa.storage.let_writes_arrive()

        expect(log.refreshes).to_have_count(1)
        for tab in (spa, other):
            expect(log.of_tab(tab).redirects).not_to_visit(spa.pages.sign_in)
            expect(log.of_tab(tab).api.last_of_each).to_have_at_least(1)
            expect(log.of_tab(tab).api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={
        "calls",
        "tokens shared by tabs",
        "refresh on a 401",
        "refresh token in the request",
        "refresh token in the reply",
    },
    hint="Read the refresh token from storage at each refresh, and keep no copy of it in a tab.",
)
def refreshes_with_the_token_of_the_other_tab(spa: Spa) -> None:
    """A tab whose refresh token another tab has used up goes on with the one that came in its place."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    spa.network.rotate_refresh_tokens()
    # Refreshed once before: a tab may have a copy of the token that it found, or of the one that it was brought.
    spa.network.reject_access_token()
    spa.call_api()
    other = spa.open_tab(spa.pages.calls)
    spa.network.reject_access_token()
    other.call_api()

    with spa.watched() as log:
        spa.network.reject_access_token()
        spa.call_api()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.of_tab(spa).refreshes.succeeded).to_have_count(1)
    expect(log.of_tab(spa).api.last_of_each).to_have_at_least(1)
    expect(log.of_tab(spa).api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "tokens shared by tabs"},
    hint="Refresh under a lock that all tabs share: a pause by chance, or a flag in storage, lets two of five through.",
)
def five_tabs_share_one_refresh(spa: Spa) -> None:
    """A token that expires under five open tabs, all of them in use, is refreshed once, and every tab goes on."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    others = [spa.open_tab(spa.pages.calls) for _ in range(4)]

    with spa.watched() as log, spa.holding.refreshes():
        spa.clock.let_access_token_expire()
        for tab in (spa, *others):
            tab.call_api()

    expect(log.refreshes).to_have_count(1)
    for tab in (spa, *others):
        expect(log.of_tab(tab).redirects).not_to_visit(spa.pages.sign_in)
        expect(log.of_tab(tab).api.last_of_each).to_have_at_least(1)
        expect(log.of_tab(tab).api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "tokens shared by tabs", "refresh on a 401"},
    hint="Only read when you hear of another tab's tokens: what you write or refresh in reply is heard there again.",
)
def one_tabs_refresh_sets_off_no_other(spa: Spa) -> None:
    """A refresh in one tab makes no other tab refresh as well, and is followed by no second one."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    others = [spa.open_tab(spa.pages.calls) for _ in range(2)]

    with spa.watched() as log:
        spa.network.reject_access_token()
        spa.call_api()
        spa.clock.let_time_pass(10)

    expect(log.refreshes).to_have_count(1)
    expect(log.api.last_of_each).to_have_succeeded()
    for tab in (spa, *others):
        expect(log.of_tab(tab).redirects).not_to_visit(spa.pages.sign_in)


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "tokens shared by tabs", "refresh on a 401"},
    hint="Use a lock that ends with its tab (Web Locks), or one that is taken over when its time is up.",
)
def outlives_a_tab_closed_while_it_refreshes(spa: Spa) -> None:
    """A tab that is closed in the middle of its refresh keeps the others from nothing."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    other = spa.open_tab(spa.pages.calls)

    with spa.watched() as log:
        with spa.holding.refreshes():
            spa.network.reject_access_token()
            other.call_api()
            other.close()
        spa.call_api()
        spa.clock.let_time_pass_until_refreshed(at_most=LOCKS_END_SECONDS)

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(log.of_tab(spa).refreshes.succeeded).to_have_at_least(1)
    expect(log.of_tab(spa).api.last_of_each).to_have_at_least(1)
    expect(log.of_tab(spa).api.last_of_each).to_have_succeeded()


@rule(
    impact=Impact.SERIOUS,
    needs={"background refresh", "tokens shared by tabs"},
    hint="Where one tab refreshes for all, another has to take that over when it is gone.",
)
def refreshes_in_the_background_when_the_first_tab_is_gone(spa: Spa) -> None:
    """When the tab that was there first has gone elsewhere, the one that is left refreshes before the token expires."""
    spa.sign_in()
    spa.open(spa.pages.home)
    other = spa.open_tab(spa.pages.home)
    spa.clock.bring_near_expiry(seconds_left=spa.policy.early_renewal + 60)

    with spa.watched() as log:
        spa.leave()
        spa.clock.let_time_pass(spa.clock.left - 15, step=5)

    with spa.judged_by_harm(log, other.call_api_all_round, harmless=Impact.MINOR):
        expect(log.of_tab(other).refreshes.succeeded).to_have_at_least(1)


@rule(
    impact=Impact.SERIOUS,
    needs={"calls", "sign-out", "sign-in form", "tokens shared by tabs", "refresh on a 401"},
    hint="Before you end a session, look whether the tokens in storage are still those whose refresh was rejected.",
)
def late_rejection_spares_the_session_of_another_tab(spa: Spa) -> None:
    """A refresh that is rejected late does not end the session that has been begun in another tab meanwhile."""
    spa.sign_in()
    spa.open(spa.pages.calls)
    other = spa.open_tab(spa.pages.calls)

    with spa.holding.refreshes() as held:
        spa.network.reject_access_token()
        other.call_api()
        spa.sign_out()
        spa.sign_in_again()
        with spa.watched() as log:
            held.release()

    expect(log.redirects).not_to_visit(spa.pages.sign_in)
    expect(spa.marks.signed_in).to_be_shown()
    expect(spa.storage.session).to_hold_a_session()


@rule(
    impact=Impact.CRITICAL,
    needs={"account page", "sign-out", "tokens shared by tabs"},
    hint="Listen for the storage event (or a BroadcastChannel), and end the session in every tab that hears of it.",
)
def sign_out_reaches_every_tab(spa: Spa) -> None:
    """A few seconds after a sign-out in one tab, no other tab shows the user's data any more."""
    spa.sign_in()
    spa.open(spa.pages.home)
    other = spa.open_tab(spa.pages.home)
    other.go_to_account_page()
    expect(other.marks.own_data).to_be_shown()

    with spa.watched(patiently=False):
        spa.sign_out()
        spa.clock.let_time_pass(TELLING_SECONDS)

    expect(other.marks.own_data).not_to_be_shown()


@rule(
    impact=Impact.CRITICAL,
    needs={"account page", "second account", "sign-out", "sign-in form", "tokens shared by tabs"},
    hint="When the tokens in storage are another user's, begin anew with them: nothing of the last user stays.",
)
def shows_no_tab_of_the_previous_user(spa: Spa) -> None:
    """When another user has signed in in one tab, the other tabs show that user's data from their next use on."""
    spa.sign_in()
    spa.open(spa.pages.home)
    next_user = spa.someone_else()
    other = spa.open_tab(spa.pages.home)

    with spa.watched(patiently=False):
        spa.sign_out()
        spa.sign_in_as(next_user)
        other.go_to_account_page_if_offered()

    expect(spa.marks.signed_in).to_be_shown()
    expect(other.marks.data_of(spa.account)).not_to_be_shown()
