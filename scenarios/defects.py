"""Defects: wrong versions of the bundled app, each with one mistake that real software has made.

Each names the rule that must catch it, as an object, so that a renamed rule breaks at import, and the words that the
rule must say. The wrong modules lie in ``fixtures/defects/``, in a folder of the defect's name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from fixtures import builds
from scenarios import corrupted_storage, expired_on_load, near_expiry_refresh, network_failure, refresh_refused
from scenarios.catalogue import Rule, rules_of


class DefectError(Exception):
    """A defect that cannot be listed: it has no such case, no folder, or no words."""


@dataclass(frozen=True)
class Defect:
    """One mistake. ``words`` is a regular expression that the first line of the failure must match."""

    name: str
    sentence: str
    caught_by: Callable[..., None]
    words: str
    reports: tuple[str, ...]
    case: str | None = None
    mode: str = "production"
    build: builds.Build = field(init=False)
    rule: Rule = field(init=False)

    def __post_init__(self) -> None:
        re.compile(self.words)
        build = builds.defect(self.name, self.mode)
        if not build.modules:
            raise DefectError(f"{self.name}: there is nothing in {builds.DEFECTS.relative_to(builds.ROOT) / self.name}")
        matching = [rule for rule in rules_of(self.caught_by) if self.case is None or str(rule.case) == self.case]
        if not matching:
            raise DefectError(f"{self.name}: {self.caught_by.__name__} has no case {self.case}")
        object.__setattr__(self, "build", build)
        object.__setattr__(self, "rule", matching[0])

    def __str__(self) -> str:
        return self.name


DEFECTS = (
    Defect(
        "no-single-flight",
        "Every request that meets a lapsed token starts a refresh of its own.",
        near_expiry_refresh.renews_once,
        r"^[3-9] refreshes were sent, where 1 refresh was due\.$",
        ("Flyrell/axios-auth-refresh#13", "reduxjs/redux-toolkit#1782", "nuxt-community/auth-module#1329"),
    ),
    Defect(
        "no-early-renewal",
        "The token is renewed when it has lapsed, and not before.",
        near_expiry_refresh.renews_in_the_background,
        r"^No successful refresh was sent, where one was due\.$",
        ("gravitational/teleport#51617", "workos/authkit-nextjs#289"),
    ),
    Defect(
        "refused-token-retried",
        "A refresh token that the server refuses is taken for a fault that passes, and sent again and again.",
        refresh_refused.is_not_asked_again,
        r"^\d+ refreshes were sent, where at most 1 was allowed\.$",
        ("damienbod/angular-auth-oidc-client#1938", "soofstad/react-oauth2-pkce PR#46"),
    ),
    Defect(
        "leftover-auth-keys",
        "The sign-out forgets the key that was added last.",
        corrupted_storage.leaves_nothing_in_storage,
        r"^The browser still keeps access_token_expiry .*where nothing of the session should be left\.$",
        ("precogly/precogly#174", "okta/okta-react#129"),
    ),
    Defect(
        "return-path-lost",
        "The sign-in page is not told where the user was.",
        expired_on_load.returns_to_the_page_asked_for,
        r"^The page ended at /dashboard, where /notes\?q=tea#results was due\.$",
        ("IBM/mcp-context-forge#5552", "SecObserve/SecObserve#3938"),
    ),
    Defect(
        "expired-on-load-goes-to-login",
        "The guard decides by the expired access token, before the refresh has ended.",
        expired_on_load.never_flashes_the_sign_in_page,
        r"^The page went to /login, where nobody should have been sent",
        ("auth0/auth0-angular#203", "damienbod/angular-auth-oidc-client#1300"),
    ),
    Defect(
        "offline-logs-out",
        "A refresh that could not reach the server is treated like one that was refused.",
        network_failure.keeps_the_session_through_one_failure,
        r"^The page went to /login, where nobody should have been sent",
        ("supabase/auth-js#141", "aws-amplify/amplify-js#7864", "firebase/firebase-js-sdk#7118"),
        case="refused",
    ),
    Defect(
        "no-backoff-retry-storm",
        "A failed refresh is repeated at once.",
        network_failure.tries_again_after_a_pause,
        r"^A refresh followed the one before it after 0\.\d s, where a pause of at least 0\.5 s was due\.$",
        ("estuary/ui#1655", "hse-mtc/dal#92", "nhost/nhost PR#1585"),
        case="refused",
    ),
)
