"""The doctor: an app that is as its file says is found well, and each mistake of a file is found at its key."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext

from e2e.hand_written import Makes
from e2e.test_network_log import exchange, log
from fixtures.apps.servers import RunningApp
from fixtures.doctor import Finding, examine
from fixtures.doctor.examination import are_served_all_the_same
from fixtures.observed.exchange import Kind
from fixtures.page.accounts import account_of
from fixtures.spa import Spa
from fixtures.target import TARGETS, read_target

Examine = Callable[[str], list[Finding]]

ALL = ["sign-in page", "sign-in", "pages", "tokens", "API", "calls", "renewal", "sign-out"]


@pytest.fixture
def target_file(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a target file of the bundled app with something else in it."""

    def make(changes: str) -> Path:
        file = tmp_path / "shop.toml"
        file.write_text(f'extends = "{TARGETS / "reference.toml"}"\nname = "shop"\n{changes}\n', encoding="utf-8")
        return file

    return make


@pytest.fixture
def examined(
    target_file: Callable[[str], Path], app: RunningApp, new_context: Callable[[], BrowserContext]
) -> Callable[[str], list[Finding]]:
    def look(changes: str) -> list[Finding]:
        target = read_target(target_file(changes))
        account = account_of(target, app.base_url)
        spa = Spa(new_context(), target, account, base_url=app.base_url, signing_key=app.signing_key)
        return list(examine(spa))

    return look


def test_an_app_that_is_as_its_file_says_is_found_well(examined: Examine) -> None:
    findings = examined("")

    assert [finding.what for finding in findings] == ALL
    assert [finding.seen for finding in findings if not finding.is_well] == []


@pytest.mark.parametrize(
    ("changes", "key", "seen"),
    [
        ('[marks]\nsigned_out = { text = "Welcome back" }', "marks.signed_out", "the page at /login, with “Sign in”"),
        ('[sign_in]\npage = "/about"', "marks.signed_out", "the page at /about"),
        (
            '[sign_in]\nuser = { label = "User" }',
            "sign_in.user",
            'sign_in.user: there is no field "User" on the page at /login',
        ),
        (
            '[sign_in]\nrequest = "POST /auth/enter/"',
            "sign_in.request",
            "Signing in sent no POST /auth/enter/, which sign_in.request names.",
        ),
        ('[marks]\nsigned_in = { text = "Hello" }', "marks.signed_in", 'Signing in did not lead to text "Hello"'),
        ('[tokens]\nrefresh_token = "rt"', "tokens", "After signing in, the browser keeps nothing under rt"),
        ('[tokens]\nexpiry = "until"', "tokens.expiry", "nothing at until"),
        ('[pages.busy]\nshows = { text = "42 notes" }', "pages.busy.shows", "the page at /dashboard, with “Dashboard”"),
        (
            '[pages.busy]\ncontrol = { text = "Again" }',
            "pages.busy.control",
            '/dashboard has no text "Again", which its target names.',
        ),
        ('[api]\npaths = ["/v1/"]', "api.paths", "requests that carried a token: GET /api/"),
        ('[api]\ncarries = "header X-Token"', "api.carries", "none in "),
        ('[refresh]\nrequest = "POST /auth/renew/"', "refresh.request", "none; but there was POST /auth/refresh/ 200"),
        ('[refresh]\nsends = "/token"', "refresh.sends", "none in POST /auth/refresh/ 200"),
        (
            '[pages.calls]\ncontrol = { role = "link", name = "About" }',
            "pages.calls",
            'link "About" made none',
        ),
        (
            '[sign_out]\ncontrol = { role = "link", name = "Dashboard" }',
            "sign_out.control",
            "it is still there on /dashboard",
        ),
    ],
    ids=[
        "signed-out", "sign-in-page", "user-field", "sign-in-request", "signed-in", "refresh-token", "expiry", "busy",
        "control", "api", "carries", "refresh-request", "refresh-sends", "calls", "sign-out",
    ],
)  # fmt: skip  # a list of names
def test_a_mistake_of_the_file_is_found_at_its_key(examined: Examine, changes: str, key: str, seen: str) -> None:
    wrong = [finding for finding in examined(changes) if not finding.is_well]

    assert wrong, "found well"
    assert wrong[0].key == key
    assert seen in wrong[0].seen


def test_a_finding_names_the_line_to_change(target_file: Callable[[str], Path]) -> None:
    file = target_file('[tokens]\nrefresh_token = "rt"')
    finding = Finding.wrong("tokens", "nothing at rt", "something there", "tokens.refresh_token")
    inherited = Finding.wrong("API", "no such request", "requests to /api/", "api.paths")

    assert finding.lines(file) == [
        "WRONG tokens        expected  something there",
        "                    actual    nothing at rt",
        f"                    change    tokens.refresh_token, line 4 of {file}",
    ]
    assert f"api.paths, line {line_of_api_paths()} of {TARGETS / 'reference.toml'}" in inherited.lines(file)[2]


def line_of_api_paths() -> int:
    lines = (TARGETS / "reference.toml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith("paths ="))


PUBLIC = "const begin = () => { show('/api/first'); button('Again', () => show('/api/second')); };"
HOME = '[pages]\nhome = { path = "/", shows = { text = "Here is /api/first" } }\n'
BUSY = HOME + 'busy = { path = "/?all", shows = { text = "Here is" }, control = { role = "button", name = "Again" } }\n'


@pytest.mark.parametrize(("pages", "key"), [(HOME, "pages.home"), (BUSY, "pages.busy")], ids=["home", "busy"])
def test_a_page_that_is_served_whatever_its_token_is_refused(
    new_context: Callable[[], BrowserContext], tmp_path: Path, pages: str, key: str
) -> None:
    with closing(Makes(new_context, tmp_path)) as make:
        *well, last = examine(make(PUBLIC, pages, says=200))

    assert [finding.seen for finding in well if not finding.is_well] == []
    assert not last.is_well
    assert (last.what, last.key) == ("renewal", key)
    assert last.seen == "GET /api/first 200 with a token that had expired"
    assert last.expected == "a page whose requests need a token that is good"


def test_a_server_that_serves_whoever_has_an_expired_token_is_told_from_one_that_rejects_it() -> None:
    public = exchange(1, Kind.API, access_token="A")

    assert are_served_all_the_same(log(public))
    assert not are_served_all_the_same(log(public, exchange(2, Kind.API, access_token="A", status=401)))
    assert not are_served_all_the_same(log(public, exchange(2, Kind.API)))
    assert not are_served_all_the_same(log())
