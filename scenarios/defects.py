"""Defects: wrong versions of the bundled app, each with one mistake that real software has made.

Each names the rule that must catch it, as an object, so that a renamed rule breaks at import, and the words that the
rule must say. The wrong modules lie in ``fixtures/defects/``, in a folder of the defect's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fixtures.apps import builds
from scenarios import (
    api_failure,
    corrupted_storage,
    expired_on_load,
    many_requests,
    near_expiry_refresh,
    network_failure,
    permission_denied,
    refresh_refused,
    sign_out,
    useless_renewal,
    wrong_password,
)
from scenarios.catalogue import Rule, rules_of


class DefectError(Exception):
    """A defect that cannot be listed: it has no such case, no folder, or no words."""


@dataclass(frozen=True)
class Defect:
    """One mistake. ``words`` is a regular expression that the first line of the failure must match.

    A mistake of the frontend is a folder of wrong modules; one of the backend is its ``environment``, the settings that
    make it.
    """

    name: str
    sentence: str
    caught_by: Callable[..., None]
    words: str
    reports: tuple[str, ...]
    case: str | None = None
    mode: str = "production"
    environment: tuple[tuple[str, str], ...] = ()
    build: builds.Build | None = field(init=False)
    rule: Rule = field(init=False)

    def __post_init__(self) -> None:
        re.compile(self.words)
        build = builds.defect(self.name, self.mode)
        if not build.modules and not self.environment:
            raise DefectError(f"{self.name}: there is nothing in {builds.DEFECTS.relative_to(builds.ROOT) / self.name}")
        matching = [rule for rule in rules_of(self.caught_by) if self.case is None or str(rule.case) == self.case]
        if not matching:
            raise DefectError(f"{self.name}: {self.caught_by.__name__} has no case {self.case}")
        object.__setattr__(self, "build", build if build.modules else None)
        object.__setattr__(self, "rule", matching[0])

    def __str__(self) -> str:
        return self.name


# Words that several defects make rules say.
AWAY = r"^The page went to /login, where nobody should have been sent"
NEVER = r"^The page went to /login never, where once was due\.$"
STORM = r"^The page never fell quiet: POST /auth/refresh/ × \d+, with neither time nor the user to set it off\.$"
STALE = r"^[1-3] of 3 last attempts at API requests went out with the old access token A\.$"
SEVERAL = r"^\d+ refreshes were sent, where 1 refresh was due\.$"
NONE_SENT = r"^No refresh was sent, where 1 refresh was due\.$"
NO_RENEWAL = r"^No successful refresh was sent, where one was due\.$"
TOO_OFTEN = r"^\d+ refreshes were sent, where at most 1 was allowed\.$"
HASTY = r"^A refresh followed the one before it after \d\.\d s, where a pause of at least 0\.5 s was due\.$"
SEVERAL_ON_LOAD = r"^1 refresh was sent, where no refresh was due\.$"
UNTOLD = r"^The page did not show what the new token says \("
COMES_BACK = r"^(The browser still keeps access_token \(|The page went to /dashboard, where nothing but /login was due)"
OTHERS = r"^The page showed the data of another user \("

DEFECTS = (
    # Loops and request storms
    Defect(
        "refresh-on-refresh-401",
        "A 401 calls for a refresh, that of the refresh endpoint too.",
        expired_on_load.asks_once_when_both_are_dead,
        STORM,
        (
            "vaadin/vaadin-connect#335",
            "jetbridge/axios-jwt#4",
            "Flyrell/axios-auth-refresh#152",
            "bartosz-io/jwt-auth-angular#37",
        ),
    ),
    Defect(
        "refresh-on-refresh-401-2",
        "For as long as there is a refresh token, a renewal that was refused starts the next one.",
        expired_on_load.asks_once_when_both_are_dead,
        STORM,
        ("vaadin/vaadin-connect#335", "jetbridge/axios-jwt#4"),
    ),
    Defect(
        "refresh-ok-still-401-loop",
        "A request that is refused with the new token as well is renewed for again, without end.",
        useless_renewal.is_not_repeated_for_ever,
        r"^The page never fell quiet: (POST /auth/refresh/|GET /api/notes/) × \d+,",
        (
            "Ahoo-Wang/fetcher PR#1249",
            "jazzband/djangorestframework-simplejwt#193",
            "langflow-ai/langflow#2787",
            "kadirahq/lokka-transport-jwt-auth#3",
        ),
    ),
    Defect(
        "settimeout-int32-overflow",
        "One timer for the whole life of the token overflows beyond 24.8 days, and fires at once.",
        near_expiry_refresh.leaves_a_month_long_token_alone,
        STORM,
        (
            "directus/directus#4054",
            "keycloak/keycloak-js#107",
            "descope/descope-js PR#287",
            "openshiftio/openshift.io PR#94",
        ),
    ),
    Defect(
        "nan-or-invalid-expiry",
        "The lifetime is taken as it comes, and where it is no number the end of the token is no date.",
        near_expiry_refresh.outlasts_an_odd_lifetime,
        r"^\d+ refreshes were sent, where at most 2 were allowed\.$",
        ("lidge-jun/opencodex#1417", "decocms/studio PR#6112", "outline/outline PR#10886", "Resgrid/Dispatch PR#125"),
        case="textual",
    ),
    Defect(
        "buffer-exceeds-lifetime",
        "A token is renewed a minute before its end, even where it does not live for one.",
        near_expiry_refresh.leaves_a_short_lived_token_alone,
        r"^[2-9] refreshes were sent, where at most 1 was allowed\.$",
        ("nhost/nhost#2037", "nuclia/frontend PR#2771", "one-covenant/basilica PR#554"),
    ),
    Defect(
        "buffer-exceeds-lifetime-2",
        "The timer of each new token goes off a minute before its end: at once, where it lives for less.",
        near_expiry_refresh.leaves_a_short_lived_token_alone,
        STORM,
        ("nhost/nhost#2037", "nuclia/frontend PR#2771"),
    ),
    Defect(
        "seconds-vs-milliseconds",
        "The end of the token is stored in seconds, and read as milliseconds: as a day in January 1970.",
        near_expiry_refresh.leaves_a_fresh_token_alone,
        r"^\d+ refreshes were sent, where no refresh was due\.$",
        ("openfga/js-sdk#26", "camunda/camunda-8-js-sdk#163", "mlcommons/dynabench PR#314"),
    ),
    Defect(
        "seconds-vs-milliseconds-2",
        "The lifetime is in milliseconds already, and is multiplied once more.",
        near_expiry_refresh.renews_in_the_background,
        NO_RENEWAL,
        ("openfga/js-sdk#26", "camunda/camunda-8-js-sdk#163"),
    ),
    Defect(
        "no-backoff-retry-storm",
        "A failed refresh is repeated at once.",
        network_failure.tries_again_after_a_pause,
        HASTY,
        ("estuary/ui#1655", "hse-mtc/dal#92", "nhost/nhost PR#1585"),
        case="refused",
    ),
    Defect(
        "no-backoff-retry-storm-2",
        "A failed refresh is repeated three times a second and for ever, whatever the server says of its return.",
        network_failure.honours_retry_after,
        r"^A refresh followed the one before it after \d\.\d s, where a pause of at least 7 s was due\.$",
        ("estuary/ui#1655", "ginlix-ai/LangAlpha#379", "nhost/nhost PR#1585"),
        case="503-retry-after",
    ),
    Defect(
        "retry-after-date-is-no-pause",
        "Retry-After is read as a number of seconds: a date is none, and what comes of it is no pause.",
        network_failure.honours_retry_after,
        r"^A refresh followed the one before it after \d\.\d s, where a pause of at least 7 s was due\.$",
        ("elizaOS/eliza#22162", "KanishJebaMathewM/Truxify#13770"),
        case="503-retry-after-a-date",
    ),
    Defect(
        "login-app-redirect-loop",
        "A note of who is signed in outlives the session: the sign-in page goes by it, the guard by the tokens.",
        network_failure.gives_up_within_the_policy,
        r"^The page went to /login (twice|\d+ times), where once was due\.$",
        ("akash-network/console PR#3581", "dept/algomart#50", "danny-avila/LibreChat#9687", "SAP/spartacus#11465"),
    ),
    Defect(
        "retry-library-multiplies-refresh",
        "Whatever fails is asked for three times more, and each time a refused request is renewed for.",
        useless_renewal.is_not_repeated_for_one_request,
        r"^[2-9] refreshes were sent, where at most 1 was allowed\.$",
        ("antiwork/gumroad-mobile PR#252", "refinedev/refine#6706", "showtime-xyz/showtime-frontend PR#1844"),
    ),
    Defect(
        "reload-loop",
        "A refresh that is refused is answered with a page load, which finds the same tokens.",
        expired_on_load.asks_once_when_both_are_dead,
        r"^The page never fell quiet: GET /dashboard × \d+, with neither time nor the user to set it off\.$",
        ("akash-network/console PR#3581", "SAP/spartacus#11465"),
    ),
    # Concurrency inside one tab
    Defect(
        "no-single-flight",
        "Every request that meets a lapsed token starts a refresh of its own.",
        near_expiry_refresh.renews_once,
        SEVERAL,
        ("Flyrell/axios-auth-refresh#13", "reduxjs/redux-toolkit#1782", "nuxt-community/auth-module#1329"),
    ),
    Defect(
        "no-single-flight-2",
        "Each 401 sees to a refresh of its own, past the one that the session may have under way.",
        many_requests.refreshes_once,
        SEVERAL,
        ("Flyrell/axios-auth-refresh#13", "reduxjs/redux-toolkit#1782", "keycloak/keycloak PR#677"),
    ),
    Defect(
        "only-first-request-retried",
        "While one 401 waits for its refresh, every other is an error for whoever asked.",
        many_requests.serves_every_request,
        STALE,
        ("Flyrell/axios-auth-refresh#90", "Flyrell/axios-auth-refresh#56", "Flyrell/axios-auth-refresh#307"),
    ),
    Defect(
        "only-first-request-retried-2",
        "Whoever asks for a refresh while one is under way is turned away, instead of waiting for it.",
        many_requests.serves_every_request,
        STALE,
        ("Flyrell/axios-auth-refresh#90", "Flyrell/axios-auth-refresh#56"),
    ),
    Defect(
        "waiters-hang",
        "Whoever asks for a refresh while one is under way is put into a queue, and nobody is ever called from it.",
        many_requests.serves_every_request,
        STALE,
        (
            "Flyrell/axios-auth-refresh#14",
            "Canopus-Labs/PrepPilot#611",
            "SoumyaMishra-7/WalletWise PR#401",
            "ever-co/ever-gauzy PR#9208",
        ),
    ),
    Defect(
        "refresh-queued-behind-itself",
        "The refresh waits for a good access token before it goes out, as every request does: for itself.",
        expired_on_load.recovers_with_one_refresh,
        NONE_SENT,
        ("Flyrell/axios-auth-refresh#120", "supabase/supabase-js#2344", "axios/axios#3327"),
    ),
    Defect(
        "replay-with-stale-header",
        "The request goes out again as it was before the refresh, with the header that was refused.",
        many_requests.serves_every_request,
        STALE,
        (
            "jackmusick/bifrost#16",
            "Flyrell/axios-auth-refresh#7",
            "vlki/refresh-fetch#13",
            "newsiberian/apollo-link-token-refresh#63",
        ),
    ),
    Defect(
        "several-clients-or-triggers",
        "The activity is asked for through a client of its own, which knows nothing of the other's refresh.",
        near_expiry_refresh.renews_once,
        SEVERAL,
        (
            "Flyrell/axios-auth-refresh#210",
            "letsrevel/revel-frontend PR#128",
            "saleor/saleor-dashboard PR#6795",
            "n8n-io/n8n PR#37541",
        ),
    ),
    Defect(
        "strict-mode-double-boot",
        "The refresh of the load belongs to the effect that starts the session, and a second start sends a second one.",
        expired_on_load.refreshes_once_in_strict_mode,
        SEVERAL,
        ("authts/react-oidc-context#1638", "miguelgrinberg/react-microblog#5", "dot-billy/nodebyte PR#84"),
        mode="development",
    ),
    Defect(
        "latch-never-released",
        "The attempt under way is forgotten when it succeeds, and only then: one that fails is the last of the page.",
        network_failure.tries_again_after_a_pause,
        NO_RENEWAL,
        (
            "esbenp/jquery-oauth#18",
            "react-keycloak/keycloak-ts#5",
            "Flyrell/axios-auth-refresh#12",
            "damienbod/angular-auth-oidc-client#617",
        ),
        case="refused",
    ),
    Defect(
        "latch-never-released-2",
        "The promise of the first refresh is kept for good, and whoever asks after it has ended is given it too.",
        near_expiry_refresh.survives_two_expiries_with_rotation,
        AWAY,
        ("esbenp/jquery-oauth#18", "Flyrell/axios-auth-refresh#12"),
    ),
    Defect(
        "breaker-trips-on-concurrency",
        "The breaker counts the refreshes that were begun, not those that failed: three requests at once trip it.",
        many_requests.keeps_the_session,
        AWAY,
        (),
    ),
    Defect(
        "refresh-ends-with-its-page",
        "A refresh is given up with the page that began it, and whoever waits for it waits for ever.",
        many_requests.outlives_the_page_that_began_it,
        r"^No successful API request was sent, where one was due\.$",
        (),
    ),
    Defect(
        "refused-request-loses-body",
        "A request that was refused is sent again without its method and its body.",
        many_requests.saves_once_what_was_refused,
        r"^1 of \d+ last attempts at API requests was not answered well: POST /api/notes/ 401\.$",
        (),
    ),
    Defect(
        "refused-request-sent-twice",
        "What was posted while the token was renewed is posted once more, though the client has done so by itself.",
        many_requests.saves_once_what_was_refused,
        r"^2 successful API requests were sent, where 1 successful API request was due\.$",
        (),
    ),
    # Refresh response and token storage
    Defect(
        "undefined-refresh-token-stored",
        'A refresh token that the reply leaves out is stored as the text "undefined".',
        near_expiry_refresh.survives_two_expiries_with_one_refresh_token,
        AWAY,
        (
            "Plant-for-the-Planet-org/treecounter-app#2083",
            "damienbod/angular-auth-oidc-client#909",
            "authgear/authgear-sdk-js PR#58",
        ),
    ),
    Defect(
        "undefined-refresh-token-stored-2",
        "A reply without a refresh token is spread over the one in hand, and its nothing wins.",
        many_requests.keeps_the_session,
        r"^The session was cleared: storage has lost refresh_token\.$",
        ("davidhu2000/youtube_desktop#34", "damienbod/angular-auth-oidc-client#909"),
    ),
    Defect(
        "rotated-token-discarded",
        "Of a reply only the access token is taken, and the spent refresh token is kept.",
        near_expiry_refresh.survives_two_expiries_with_rotation,
        AWAY,
        ("SiSaR-Lab/EduLite PR#223", "system-design-discord/retarded-discord#141", "letsrevel/revel-frontend PR#128"),
    ),
    Defect(
        "non-json-200-treated-as-dead",
        "A reply that cannot be parsed is taken for a refusal of the token.",
        network_failure.keeps_the_session_through_one_failure,
        AWAY,
        ("decocms/studio PR#6085", "givtnl/givt-app PR#1912"),
        case="html-200",
    ),
    Defect(
        "empty-200-accepted",
        "Any JSON with status 200 is stored as new tokens.",
        network_failure.tries_again_after_a_pause,
        HASTY,
        ("aspnetboilerplate/module-zero-core-template PR#306", "Shopify/hydrogen PR#3916"),
        case="200-without-a-token",
    ),
    Defect(
        "corrupt-storage-crashes-boot",
        "A stored token that cannot be decoded throws as the app starts.",
        corrupted_storage.recovers_from_a_spoiled_access_token,
        NONE_SENT,
        ("akveo/nebular#517", "paulvanbladel/aurelia-auth#77", "auth0/angular2-jwt#468"),
        case="garbage",
    ),
    Defect(
        "storage-write-throws",
        "A write that storage refuses makes the refresh fail that the server has answered.",
        corrupted_storage.lives_on_where_storage_refuses,
        SEVERAL,
        ("auth0/auth0-spa-js#455", "mauriciovigolo/keycloak-angular#482", "mainmatter/ember-simple-auth#1592"),
        case="QuotaExceededError",
    ),
    Defect(
        "storage-write-throws-2",
        "A write that storage refuses is passed over, and the new tokens are lost with it.",
        corrupted_storage.lives_on_where_storage_refuses,
        AWAY,
        ("auth0/auth0-spa-js#455", "mauriciovigolo/keycloak-angular#482"),
        case="QuotaExceededError",
    ),
    Defect(
        "claims-or-user-stale-after-refresh",
        "What the page shows of the user is taken from the token at the sign-in, and from no later one.",
        near_expiry_refresh.shows_what_the_new_token_says,
        UNTOLD,
        ("manfredsteyer/angular-oauth2-oidc#654", "AzureAD/microsoft-authentication-library-for-js#5894"),
    ),
    Defect(
        "claims-or-user-stale-after-refresh-2",
        "The header is worked out once for each user, and not again when the same user has another role.",
        near_expiry_refresh.shows_what_the_new_token_says,
        UNTOLD,
        ("manfredsteyer/angular-oauth2-oidc#654", "AzureAD/microsoft-authentication-library-for-js#5894"),
    ),
    Defect(
        "leftover-auth-keys",
        "The sign-out forgets the key that was added last.",
        corrupted_storage.leaves_nothing_in_storage,
        r"^The browser still keeps access_token_expiry .*where nothing of the session should be left\.$",
        ("precogly/precogly#174", "okta/okta-react#129"),
    ),
    Defect(
        "leftover-auth-keys-2",
        "The loop that removes the keys passes over every second one.",
        corrupted_storage.leaves_nothing_in_storage,
        r"^The browser still keeps .*where nothing of the session should be left\.$",
        ("precogly/precogly#174", "okta/okta-react#129"),
    ),
    Defect(
        "rotation-response-lost",
        "The server takes a spent refresh token for a theft at once, so that a reply which got lost ends the session.",
        network_failure.outlives_a_lost_reply,
        AWAY,
        ("supabase/auth PR#1278", "nhost/hasura-backend-plus#220", "LanternOps/breeze#1107"),
        environment=(("APP_ROTATE_REFRESH_TOKENS", "1"), ("APP_ROTATION_GRACE_SECONDS", "0")),
    ),
    Defect(
        "expiry-not-updated-after-refresh",
        "A renewed token is stored beside the expiry of the one before it.",
        near_expiry_refresh.leaves_a_renewed_token_alone,
        r"^\d+ refreshes were sent, where no refresh was due\.$",
        (),
    ),
    Defect(
        "renewed-tokens-in-memory-only",
        "A renewal changes the tokens in memory, and storage goes on holding those of the sign-in.",
        near_expiry_refresh.keeps_what_a_renewal_brought,
        SEVERAL_ON_LOAD,
        (),
    ),
    Defect(
        "refresh-cooldown",
        "No refresh within a minute of the last one, however short the token lives.",
        near_expiry_refresh.renews_a_short_lived_token_each_time,
        AWAY,
        (),
    ),
    # Failure classification and recovery
    Defect(
        "fault-on-load-logs-out",
        "Whether somebody is signed in is decided by the first refresh of a load, whatever that fails for.",
        network_failure.keeps_the_session_through_a_failure_on_load,
        AWAY,
        ("bluesky-social/social-app PR#294", "corbado/javascript PR#604", "schulydev/Schuly PR#492"),
    ),
    Defect(
        "failures-add-up",
        "Failed refreshes are counted for as long as the page lives, those too that were followed by a success.",
        network_failure.forgives_failures_that_have_passed,
        AWAY,
        (),
    ),
    Defect(
        "500-counts-as-a-refusal",
        "Statuses that are worth another try stand in a list, and 500 is not on it.",
        network_failure.keeps_the_session_through_one_failure,
        AWAY,
        (),
        case="500",
    ),
    Defect(
        "api-failure-logs-out",
        "Whoever cannot be asked for their name when the app is loaded counts as signed out.",
        api_failure.on_load_is_no_reason_to_sign_out,
        AWAY,
        ("getodk/central#1545", "artsy/force PR#6095", "hygieia/hygieia PR#3129"),
    ),
    Defect(
        "api-failure-logs-out-2",
        "An answer of 5xx is tried again with a new token, as a 401 would be.",
        api_failure.is_no_reason_to_refresh,
        r"^1 refresh was sent, where no refresh was due\.$",
        (),
    ),
    Defect(
        "no-early-renewal",
        "The token is renewed when it has lapsed, and not before.",
        near_expiry_refresh.renews_in_the_background,
        NO_RENEWAL,
        ("gravitational/teleport#51617", "workos/authkit-nextjs#289"),
    ),
    Defect(
        "no-early-renewal-2",
        "The token's age is looked at on load and before each request, and by nobody in between.",
        near_expiry_refresh.renews_in_the_background,
        NO_RENEWAL,
        ("gravitational/teleport#51617", "workos/authkit-nextjs#289"),
    ),
    Defect(
        "renewed-in-the-background-once",
        "The timer is that of the token which the session began with, and a renewal starts no other one.",
        near_expiry_refresh.goes_on_renewing_in_the_background,
        NO_RENEWAL,
        ("damienbod/angular-auth-oidc-client#448", "JamesRandall/AngularJS-OAuth2#42"),
    ),
    Defect(
        "offline-logs-out",
        "A refresh that could not reach the server is treated like one that was refused.",
        network_failure.keeps_the_session_through_one_failure,
        AWAY,
        ("supabase/auth-js#141", "aws-amplify/amplify-js#7864", "firebase/firebase-js-sdk#7118"),
        case="refused",
    ),
    Defect(
        "offline-logs-out-2",
        "When fetch throws, the tokens are cleared and the sign-in page is loaded.",
        network_failure.keeps_the_session_through_one_failure,
        AWAY,
        ("aws-amplify/amplify-ui#6057", "damienbod/angular-auth-oidc-client#2103", "supabase/auth-js#141"),
        case="refused",
    ),
    Defect(
        "5xx-logs-out",
        "A server that has a problem is taken for one that refuses the token.",
        network_failure.keeps_the_session_through_one_failure,
        AWAY,
        ("metadist/synaplan PR#1355", "Techiebutler/freeframe PR#354", "bulwarkmail/webmail PR#568"),
        case="502",
    ),
    Defect(
        "5xx-logs-out-2",
        "Only a broken connection is tried again: an error of the server is its last word.",
        network_failure.keeps_the_session_through_one_failure,
        AWAY,
        ("Shopify/hydrogen PR#3916", "Techiebutler/freeframe PR#354"),
        case="503-retry-after",
    ),
    Defect(
        "429-logs-out",
        "Whatever begins with a 4 is a refusal, the request to come back later too.",
        network_failure.keeps_the_session_through_one_failure,
        AWAY,
        ("decocms/studio PR#6122", "ginlix-ai/LangAlpha#379", "TryGhost/Ghost#7722"),
        case="429-retry-after",
    ),
    Defect(
        "zombie-session",
        "A refused refresh token is thrown away, and the user goes on looking signed in.",
        refresh_refused.ends_the_session,
        NEVER,
        ("okta/okta-react#129", "bjerkio/oidc-react#966", "damienbod/angular-auth-oidc-client#667"),
        case="401",
    ),
    Defect(
        "zombie-session-2",
        "The guard looks at the session when the page is entered, and never again.",
        refresh_refused.ends_the_session,
        NEVER,
        ("fenichelar/ember-simple-auth-token#104", "bjerkio/oidc-react#966"),
        case="401",
    ),
    Defect(
        "proactive-failure-destroys-valid-session",
        "After five failures the session is over, however good its token still is.",
        network_failure.never_ends_a_session_early,
        AWAY,
        ("dmadan86/waves PR#783", "fenichelar/ember-simple-auth-token#104"),
    ),
    Defect(
        "login-401-triggers-refresh",
        "Only the refresh endpoint is left out: a wrong password is taken for an expired token.",
        wrong_password.is_sent_once,
        r"^1 refresh was sent, where no refresh was due\.$",
        ("MUKE-coder/grit#30", "Flyrell/axios-auth-refresh#41", "reduxjs/redux-toolkit#2045", "apache/texera PR#5392"),
    ),
    Defect(
        "permission-401-403-ends-session",
        "A 403 is handled like a 401: renewed, tried again, and the session ended.",
        permission_denied.is_no_reason_to_sign_out,
        AWAY,
        (
            "open-metadata/OpenMetadata PR#30763",
            "Ahoo-Wang/fetcher PR#1249",
            "Greenstand/treetracker-wallet-app PR#819",
        ),
    ),
    Defect(
        "refresh-without-timeout",
        "Nothing ends a refresh that is never answered.",
        network_failure.tries_again_after_a_pause,
        NO_RENEWAL,
        (
            "firebase/firebase-js-sdk#8490",
            "damienbod/angular-auth-oidc-client PR#942",
            "AzureAD/microsoft-authentication-library-for-js#1306",
        ),
        case="never-answered",
    ),
    Defect(
        "terminal-error-retried",
        "Only 401 ends a session: 400 invalid_grant is tried again.",
        refresh_refused.is_not_asked_again,
        TOO_OFTEN,
        (
            "damienbod/angular-auth-oidc-client#1938",
            "soofstad/react-oauth2-pkce PR#46",
            "dbinfrago/capella-collab-manager PR#1622",
        ),
        case="400-invalid-grant",
    ),
    Defect(
        "refused-token-retried",
        "A refresh token that the server refuses is taken for a fault that passes, and sent again and again.",
        refresh_refused.is_not_asked_again,
        TOO_OFTEN,
        ("damienbod/angular-auth-oidc-client#1938", "soofstad/react-oauth2-pkce PR#46"),
        case="401",
    ),
    Defect(
        "cors-masked-401",
        "That a token has run out is learnt from a 401 alone, which the page of another origin may not get to read.",
        near_expiry_refresh.renews_where_a_refusal_cannot_be_read,
        NO_RENEWAL,
        ("axios/axios#2852", "Flyrell/axios-auth-refresh#133", "source-academy/frontend#311"),
    ),
    Defect(
        "refresh-counter-never-reset",
        "The count of failures outlives the session in which they were, and ends the next one at once.",
        network_failure.renews_in_the_session_after_an_outage,
        r"^No successful refresh was sent, where 1 successful refresh was due\.$",
        (),
    ),
    # Logout and identity change
    Defect(
        "late-reply-becomes-the-next-session",
        "A late reply is dropped where nobody is signed in any more, and stored where somebody else is.",
        sign_out.gives_nobody_the_last_session,
        AWAY,  # the bundled server has ended the last session by then, and the next user is sent away with it
        ("supabase/supabase-swift#1371",),
    ),
    Defect(
        "late-answer-shown-to-next-user",
        "What the pages show is emptied at the sign-out, and filled again by an answer that arrives after it.",
        sign_out.shows_no_late_answer,
        OTHERS,
        (),
    ),
    Defect(
        "timer-outlives-sign-out",
        "The timer that renews the token is started with it, and goes on when the sign-out has forgotten the token.",
        sign_out.leaves_no_timer_behind,
        SEVERAL_ON_LOAD,
        ("keratin/authn-js PR#22", "devrsi0n/chirpy PR#76"),
    ),
    Defect(
        "logout-resurrected",
        "The reply of a refresh is stored, whatever has become of the session meanwhile.",
        sign_out.is_not_undone_by_a_late_refresh,
        COMES_BACK,
        ("geolens-io/geolens PR#1446", "supabase/supabase-js PR#2392", "CERTUNLP/ngen PR#275"),
    ),
    Defect(
        "logout-resurrected-2",
        "The tokens of a reply are stored by whoever sent the refresh, as soon as it arrives.",
        sign_out.is_not_undone_by_a_late_refresh,
        COMES_BACK,
        ("geolens-io/geolens PR#1446", "CERTUNLP/ngen PR#275"),
    ),
    Defect(
        "logout-not-revoking",
        "Signing out is local: the refresh token goes on working.",
        sign_out.ends_the_session_on_the_server,
        r"^The server took what it should have refused: POST /auth/refresh/ 200\.$",
        ("strapi/strapi#22854", "first-tree-ai/first-tree#1620", "yukiharada1228/videoq PR#427"),
    ),
    Defect(
        "previous-user-cache",
        "The account data is loaded once and kept for as long as the page lives, whoever signs in next.",
        sign_out.shows_nothing_of_the_last_user,
        OTHERS,
        ("TanStack/query#28", "shellhub-io/shellhub PR#6194", "SB2318/UltimateHealth#1917"),
    ),
    Defect(
        "previous-user-cache-2",
        "Lists are kept in a cache that knows the address asked for, and not who asked.",
        sign_out.shows_nothing_that_the_last_user_saved,
        OTHERS,
        ("TanStack/query#28", "shellhub-io/shellhub PR#6194"),
    ),
    Defect(
        "queued-work-runs-after-logout",
        "Requests that waited for the refresh are sent after the sign-out.",
        sign_out.sends_nothing_afterwards,
        r"^1 API request was sent, where no API request was due\.$",
        ("Expensify/App PR#7805", "geolens-io/geolens PR#1446"),
    ),
    Defect(
        "late-refusal-ends-next-session",
        "A refusal clears what is in storage by the time that it arrives, whoever that belongs to.",
        sign_out.spares_the_next_session_a_late_refusal,
        AWAY,
        ("Ahoo-Wang/fetcher PR#1407",),
    ),
    Defect(
        "sign-out-waits-for-server",
        "The session ends here only when the server has said that it has ended there.",
        sign_out.works_without_a_network,
        r"^The page did not show the sign-in form \(",
        ("supabase/supabase-js#2501", "medic/cht-core#5183", "SB2318/UltimateHealth#1921"),
    ),
    Defect(
        "token-copy-outlives-sign-out",
        "A copy of the token, kept for another part of the app, is not thought of at the sign-out.",
        sign_out.leaves_no_copy_of_a_token,
        r"^The browser still keeps sessionStorage legacy-session \(A\), where",
        (),
    ),
    Defect(
        "draft-shown-to-next-user",
        "There is one draft, whosever it is, and the sign-out leaves it where it is.",
        sign_out.shows_nothing_that_the_last_user_typed,
        r"^What somebody else had typed stands in the form\.$",
        ("forem/forem#21767", "steemit/condenser#2172", "dullage/flatnotes#334"),
    ),
    Defect(
        "wrong-password-forgets-the-way-back",
        "A wrong password loads the sign-in page anew, without the way back.",
        wrong_password.does_not_cost_the_way_back,
        r"^The page ended at /dashboard, where /notes\?q=tea%20%26%20cake#results was due\.$",
        (),
    ),
    Defect(
        "return-path-decoded-twice",
        "The way back is decoded once more after URLSearchParams has done it.",
        expired_on_load.returns_to_the_page_asked_for,
        r"^The page ended at /notes\?q=tea%20&%20cake#results, where",
        (),
    ),
    # Navigation, endpoints and leaks, as far as the investigation's own code has them
    Defect(
        "return-path-lost",
        "The sign-in page is not told where the user was.",
        expired_on_load.returns_to_the_page_asked_for,
        r"^The page ended at /dashboard, where /notes\?q=tea%20%26%20cake#results was due\.$",
        ("IBM/mcp-context-forge#5552", "SecObserve/SecObserve#3938"),
    ),
    Defect(
        "expired-on-load-goes-to-login",
        "The guard decides by the expired access token, before the refresh has ended.",
        expired_on_load.never_flashes_the_sign_in_page,
        AWAY,
        ("auth0/auth0-angular#203", "damienbod/angular-auth-oidc-client#1300"),
    ),
    Defect(
        "guard-goes-by-the-expiry",
        "Whoever follows a link is signed in if the token in hand is good at that moment, renewal or not.",
        near_expiry_refresh.lets_a_link_be_followed_meanwhile,
        AWAY,
        ("auth0/auth0-angular#203", "climbjios-sg/climbjios-app#127"),
    ),
    Defect(
        "substring-endpoint-exclusion",
        "Whatever has /refresh in its path is left out of the 401 handling.",
        many_requests.serves_every_page,
        NONE_SENT,
        ("rackerlabs/encore-ui PR#1033",),
    ),
    Defect(
        "expired-bearer-on-auth-endpoints",
        "The refresh goes out with the expired access token in its Authorization header.",
        near_expiry_refresh.refreshes_without_the_expired_token,
        r"^1 of 1 refresh went out with the old access token A\.$",
        ("nuxt-community/auth-module#924", "nuxt-community/auth-module#1204", "jpadilla/django-rest-framework-jwt#27"),
    ),
    Defect(
        "token-in-console-or-telemetry",
        "A refresh that failed is logged with all that was sent.",
        refresh_refused.writes_no_token_to_the_console,
        r"^The page wrote a token to its console: ",
        ("opencloud-eu/web PR#1789", "GreyhavenHQ/reflector PR#973", "RoboJackets/apiary#1947"),
    ),
    # The investigation
    Defect(
        "before-investigation",
        "Any 401 calls for a refresh, the 401 of a refresh too: the code of the investigation's phase 4.",
        refresh_refused.is_not_asked_again,
        STORM,
        ("vaadin/vaadin-connect#335", "jetbridge/axios-jwt#4"),
        case="401",
    ),
    Defect(
        "investigation-literal",
        "The investigation's solutions 1 to 4, as they are printed.",
        expired_on_load.sends_no_expired_token,
        r"^\d of \d API requests went out with the old access token A\.$",
        (),
    ),
)
