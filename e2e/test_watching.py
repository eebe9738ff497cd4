"""The rules that watch: what they see, what they leave alone, and how a run tells of them."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from e2e.test_survival import run_pytest
from fixtures.edge.faults import RESET
from fixtures.ends import CouldNotAsk, DoesNotApply, RuleBroken
from fixtures.judging import expect
from fixtures.observed.evidence import Evidence
from fixtures.observed.exchange import Exchange, Kind
from fixtures.observed.exchanges import Exchanges
from fixtures.observed.network_log import NetworkLog
from fixtures.observed.redirects import RedirectTrail
from fixtures.observed.sent import SentRequest
from fixtures.page.addresses import site_of
from fixtures.page.screen import Screen, Screens, look
from fixtures.report.__main__ import main
from fixtures.report.outcome import Verdict
from fixtures.report.tallied import Part, Tallied, together
from fixtures.report.watched import Seen, WatchedRule
from fixtures.spa import Spa
from fixtures.target import Target
from fixtures.tokens.names import TokenNames
from scenarios.catalogue import watchers
from scenarios.in_every_situation import (
    A_MOMENT_SECONDS,
    MOST_REFRESHES,
    keeps_tokens_from_strangers,
    keeps_tokens_off_the_console,
    keeps_tokens_out_of_addresses,
    leaves_a_way_on,
    sends_no_storm_of_refreshes,
)

APP = "http://shop.localhost:3000"
ACCESS, REFRESH = "access-0123/456", "refresh-0123456"


def exchange(kind: Kind = Kind.API, *, number: int = 1, at: float = 0.0) -> Exchange:
    return Exchange(number, kind, "GET", "/api/orders", at, at)


def evidence(
    url: str = f"{APP}/api/orders",
    *,
    kind: Kind = Kind.API,
    headers: dict[str, str] | None = None,
    body: str | None = None,
    address: str = APP,
    console: str = "",
    own: tuple[str, ...] = (),
    screens: Screens | None = None,
    knows_tokens: bool = True,
) -> Evidence:
    names = TokenNames()
    if knows_tokens:
        names.access(ACCESS)
        names.refresh(REFRESH)
    log = NetworkLog((exchange(kind),), RedirectTrail("/", ()))
    sent = ((exchange(kind), SentRequest(url, headers or {}, body)),)
    return Evidence(log, APP, names, sent, (address,), (console,), own, screens or Screens())


# Tokens


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (evidence(f"{APP}/api/orders?token={ACCESS}"), "the URL of GET /api/orders?token=<access token A>"),
        (evidence(f"{APP}/api/orders?token=access-0123%2F456"), "the URL of GET /api/orders?token=<access token A>"),
        (evidence(f"https://else.example/{REFRESH}"), "the URL of GET https://else.example/<refresh token R1>"),
        (evidence(headers={"referer": f"{APP}/?t={REFRESH}"}), "the Referer of /api/orders"),
        (evidence(address=f"{APP}/#t={ACCESS}"), "the address of the page, /#t=<access token A>"),
    ],
    ids=["query", "encoded", "path", "referer", "page"],
)
def test_a_token_in_an_address_is_seen_and_not_written_down(seen: Evidence, words: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        keeps_tokens_out_of_addresses(seen)

    assert broken.value.fact == f"A token was in {words}"
    assert ACCESS not in broken.value.actual
    assert REFRESH not in broken.value.actual


@pytest.mark.parametrize(
    ("url", "headers", "body", "own", "kind"),
    [
        (f"{APP}/api/orders", {"authorization": ACCESS}, None, (), Kind.API),
        ("http://files.shop.localhost:3000/x", {"authorization": ACCESS}, None, (), Kind.OTHER),
        ("https://api.shop.example/x", {}, ACCESS, ("https://shop.example/api",), Kind.OTHER),
        ("https://provider.example/userinfo", {"authorization": ACCESS}, None, (), Kind.REFRESH),
        ("https://metrics.example/", {"user-agent": "a browser"}, '{"took": 12}', (), Kind.OTHER),
    ],
    ids=["own", "beside", "in-the-file", "provider", "nothing-in-it"],
)
def test_the_apps_own_servers_and_its_provider_are_no_strangers(
    *, url: str, headers: dict[str, str], body: str | None, own: tuple[str, ...], kind: Kind
) -> None:
    seen = evidence(url, kind=kind, headers=headers, body=body, own=own)

    keeps_tokens_from_strangers(seen)
    keeps_tokens_out_of_addresses(seen)


@pytest.mark.parametrize(
    ("headers", "body", "place"),
    [
        ({"authorization": f"Bearer {ACCESS}"}, None, "<access token A> in its authorization header"),
        ({}, f'{{"sent": "{REFRESH}"}}', "<refresh token R1> in its body"),
    ],
    ids=["header", "body"],
)
def test_a_token_that_goes_to_a_stranger_is_seen(headers: dict[str, str], body: str | None, place: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        keeps_tokens_from_strangers(evidence("https://m.example/v1?x=1", kind=Kind.OTHER, headers=headers, body=body))

    assert broken.value.fact == f"A token was sent to a stranger: GET https://m.example/v1 had {place}"
    assert broken.value.culprits == {1}


def test_a_token_on_the_console_is_seen_whenever_it_became_known() -> None:
    with pytest.raises(RuleBroken) as broken:
        keeps_tokens_off_the_console(evidence(console=f"renewed {REFRESH}"))

    assert broken.value.fact == "A token was written to the console: renewed <refresh token R1>"


def test_where_no_token_can_be_told_nothing_is_said() -> None:
    unknown = evidence(f"{APP}/?t={ACCESS}", console=ACCESS, knows_tokens=False)

    for judge in (keeps_tokens_out_of_addresses, keeps_tokens_off_the_console, keeps_tokens_from_strangers):
        with pytest.raises(DoesNotApply, match="no token of this app's sessions can be seen"):
            judge(unknown)


@pytest.mark.parametrize(
    ("one", "another", "is_same"),
    [
        ("http://localhost:3000/a", "http://127.0.0.1:8000/b", True),
        ("http://127.0.0.1:3000", "http://127.0.0.2:3000", False),
        ("https://app.shop.example", "https://api.shop.example", True),
        ("https://shop.example", "https://metrics.example", False),
    ],
)
def test_a_site_is_told_by_its_host(one: str, another: str, *, is_same: bool) -> None:
    assert (site_of(one) == site_of(another)) == is_same


def test_the_addresses_of_a_target_are_those_with_an_origin(target: Target) -> None:
    api = target.api.model_copy(update={"paths": ("/api/", "https://api.shop.example/v1")})

    assert target.model_copy(update={"api": api}).own_addresses == ("https://api.shop.example/v1",)


# Storms


def refreshes(count: int, apart: float) -> Exchanges:
    all_of_them = [exchange(Kind.REFRESH, number=number, at=number * apart) for number in range(count)]
    return Exchanges(tuple(all_of_them), "refresh", "refreshes")


def test_more_refreshes_in_a_moment_than_any_situation_calls_for_are_a_storm() -> None:
    storm = NetworkLog(refreshes(MOST_REFRESHES + 3, 0.1).items, RedirectTrail("/", ()))

    with pytest.raises(RuleBroken, match=r"^21 refreshes were sent within 2\.0 s of page time\.$") as broken:
        sends_no_storm_of_refreshes(Evidence(storm, APP, TokenNames(), (), (), ()))

    assert broken.value.culprits == set(range(MOST_REFRESHES + 1))


def test_the_same_number_over_a_longer_time_is_none() -> None:
    expect(refreshes(50, 1.0)).to_be_no_storm(MOST_REFRESHES, within=A_MOMENT_SECONDS)
    expect(refreshes(MOST_REFRESHES, 0.0)).to_be_no_storm(MOST_REFRESHES, within=A_MOMENT_SECONDS)


# What a page shows

SHOP = '<header><a href="/">Shop</a></header>'


@pytest.mark.parametrize(
    ("body", "has_way_on", "text"),
    [
        ("", False, ""),
        ("<p>Restoring your session…</p>", False, "Restoring your session…"),
        (f"{SHOP}<main><p>Restoring your session…</p></main>", False, "Restoring your session…"),
        (f"{SHOP}<main></main>", False, ""),
        ("<p>Something went wrong.</p><button disabled>Again</button>", False, "Something went wrong. Again"),
        ('<div role="progressbar" style="height: 9px"></div><p>One moment</p>', False, "One moment"),
        ('<a href="#x" style="position: absolute; left: -999rem">Skip</a><p>Loading</p>', False, "Loading"),
        (
            '<button>Orders</button><div style="position: fixed; inset: 0; background: white">Loading…</div>',
            False,
            "Orders Loading…",
        ),
        ("<p>Something went wrong.</p><button>Again</button>", True, ""),
        (f"{SHOP}<main><p>You have signed out.</p></main>", True, ""),
        ("<main><header><a href='/'>Back</a></header></main>", True, ""),
        ("<form><input aria-label='Email'></form>", True, ""),
        ('<div style="cursor: pointer">Again</div>', True, ""),
        ("<p>" + "All that there is to know of tea. " * 8 + "</p>", True, ""),
        ("<iframe srcdoc='x'></iframe>", True, ""),
        ("<my-app style='display: block; height: 9px'></my-app>", True, ""),
    ],
)
def test_what_a_page_shows_is_a_way_on_or_none(page: Page, body: str, *, has_way_on: bool, text: str) -> None:
    page.set_content(body)

    seen = look(page)

    assert seen is not None
    assert seen.has_way_on == has_way_on
    assert has_way_on or seen.text == text


def test_what_stands_in_a_shadow_is_seen(page: Page) -> None:
    page.set_content("<div id=host></div>")
    page.evaluate("host.attachShadow({ mode: 'open' }).innerHTML = '<button>Again</button>'")

    seen = look(page)

    assert seen is not None
    assert seen.has_way_on


@pytest.mark.parametrize(
    ("screen", "words"),
    [
        (Screen("/orders?page=2", has_way_on=False), "The page at /orders was left blank"),
        (
            Screen("/", has_way_on=False, is_framed=True),
            "The page at / was left blank but for its header and footer",
        ),
        (Screen("/", has_way_on=False, text="Loading…"), "The page at / was left with “Loading…” alone"),
    ],
)
def test_a_page_without_a_way_on_is_told(screen: Screen, words: str) -> None:
    with pytest.raises(RuleBroken) as broken:
        leaves_a_way_on(evidence(screens=Screens((screen,))))

    assert broken.value.fact == f"{words}, and nothing more was to come."


def test_where_no_page_could_be_looked_at_nothing_is_said() -> None:
    with pytest.raises(CouldNotAsk):
        leaves_a_way_on(evidence())


def show(spa: Spa, document: str) -> None:
    """Load a page of the app's own origin that has this in it, and nothing else."""
    url = spa.world.url("/stuck")
    spa.world.context.route(url, lambda route: route.fulfill(body=document, content_type="text/html"))
    spa.page.goto(url)


def shown_at_the_end(spa: Spa) -> list[bool]:
    spa.note_end()
    return [screen.has_way_on for screen in spa.evidence.screens.items]


def test_each_page_is_looked_at_as_the_app_has_left_it(spa: Spa) -> None:
    spa.sign_in()
    spa.open_tab(spa.pages.home)

    assert shown_at_the_end(spa) == [True, True]


def test_a_page_that_has_left_the_app_shows_nothing_of_it(spa: Spa) -> None:
    spa.sign_in()
    spa.leave()

    assert shown_at_the_end(spa) == []


def test_a_page_that_waits_for_ever_is_seen(spa: Spa) -> None:
    show(spa, "<p>Restoring your session…</p>")

    assert shown_at_the_end(spa) == [False]


def test_a_page_is_not_judged_whose_own_timer_may_mend_it(spa: Spa) -> None:
    show(spa, "<p>Trying again in 30 seconds…</p><script>setTimeout(() => location.reload(), 30000)</script>")

    assert shown_at_the_end(spa) == []


TICKING_BESIDE_ITS_WORKER = """<p>Restoring your session…</p>
<script>
  const worker = new Worker(URL.createObjectURL(new Blob(["setInterval(() => postMessage(null), 1000)"])));
  let [wait, timer] = [1500, null];
  worker.addEventListener("message", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { document.title = "late"; }, wait += 1);
  });
</script>"""


def test_what_a_page_sets_anew_with_each_tick_and_sends_nothing_by_does_not_mend_it(spa: Spa) -> None:
    show(spa, TICKING_BESIDE_ITS_WORKER)

    assert shown_at_the_end(spa) == [False]


def test_a_page_is_not_judged_while_the_suite_stands_in_its_way(spa: Spa) -> None:
    show(spa, "<p>Restoring your session…</p>")
    spa.network.fail_refreshes(RESET)

    assert shown_at_the_end(spa) == []


# How a run tells of them


def seen(during: str, *, fact: str = "", is_asked: bool = True, lacking: str = "") -> Seen:
    text = f"{fact}\n\nrule      x\nseen in   {during}\nhint      none" if fact else ""
    return Seen(rule="x/y", during=during, is_asked=is_asked, lacking=lacking, fact=fact, text=text)


def come_to(*of_rules: Seen) -> WatchedRule:
    rule = WatchedRule(rule="x/y")
    for each in of_rules:
        rule.add(each)
    return rule


@pytest.mark.parametrize(
    ("whole", "verdict", "fact"),
    [
        (come_to(seen("a/b"), seen("a/c", is_asked=False)), Verdict.KEPT, ""),
        (come_to(seen("a/b", is_asked=False)), Verdict.COULD_NOT_ASK, "no rule gave it anything to judge"),
        (come_to(seen("a/b", is_asked=False, lacking="no token")), Verdict.DOES_NOT_APPLY, "no token"),
        (come_to(seen("b/c", fact="Two."), seen("a/b")), Verdict.BROKEN, "Two. (in b/c, and in no other of 2 rules)"),
        (
            come_to(seen("b/c", fact="Two."), seen("a/b"), seen("a/c", fact="One.")),
            Verdict.BROKEN,
            "One. (in a/c, and in 1 more of 3 rules)",
        ),
    ],
    ids=["kept", "not-asked", "does-not-apply", "broken", "broken-twice"],
)
def test_one_verdict_stands_for_the_whole_run(whole: WatchedRule, verdict: Verdict, fact: str) -> None:
    outcome = whole.outcome("shop")

    assert (outcome.verdict, outcome.fact, outcome.scenario) == (verdict, fact, "x")


def test_the_failure_names_the_first_rule_and_how_many_more_there_are() -> None:
    broken = come_to(seen("b/c", fact="Two."), seen("a/c", fact="One."), seen("a/d"))

    assert broken.text() == "One.\n\nrule      x\nseen in   a/c, and in 1 more of 3 rules\nhint      none"


def part(number: int, rule: WatchedRule, *, is_of_all: bool = True) -> Tallied:
    return Tallied(target="shop", part=Part(number=number, of=2), watched=[rule], is_of_all=is_of_all)


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (come_to(seen("a/b")), come_to(seen("a/c")), "1 rule kept, 0 broken"),
        (come_to(seen("a/b", is_asked=False)), come_to(seen("a/c")), "1 rule kept, 0 broken"),
        (come_to(seen("a/b")), come_to(seen("a/c", fact="One.")), "0 rules kept, 1 broken"),
    ],
    ids=["kept", "asked-in-one", "broken-in-one"],
)
def test_the_parts_of_a_run_come_to_one_verdict(first: WatchedRule, second: WatchedRule, said: str) -> None:
    whole = together({Path("1"): part(1, first), Path("2"): part(2, second)})

    assert whole.closing() == [f"shop: {said}, 0 could not be asked, 0 do not apply"]


def test_what_was_kept_by_some_rules_alone_is_not_counted() -> None:
    assert part(1, come_to(seen("a/b")), is_of_all=False).of_target == []
    assert len(part(1, come_to(seen("a/b", fact="One.")), is_of_all=False).of_target) == 1


def test_they_are_catalogued_like_other_rules() -> None:
    assert [each.name for each in watchers()] == [
        "keeps-tokens-out-of-addresses",
        "keeps-tokens-off-the-console",
        "keeps-tokens-from-strangers",
        "sends-no-storm-of-refreshes",
        "leaves-a-way-on",
    ]
    assert {each.scenario for each in watchers()} == {"in-every-situation"}
    for each in watchers():
        assert each.sentence.endswith("."), each.id
        assert each.hint, each.id


@pytest.mark.timeout(360)  # three runs
def test_a_run_fails_by_what_was_seen_besides_and_so_do_its_parts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = "keeps-the-session-after-a-failed-refresh-on-load or wrong-password"
    asked = ("-q", "e2e/test_scenarios.py", "--defect=restoring-for-ever", "-k", rules)
    files = [tmp_path / f"{number}.json" for number in (1, 2)]

    whole = run_pytest(*asked, "-n", "2")
    for number, file in enumerate(files, start=1):
        run_pytest(*asked, "-n", "0", "--splits", "2", "--group", str(number), "--verdicts", str(file))
    status = main([str(file) for file in files])

    fact = "The page at /dashboard was left with “Restoring your session…” alone, and nothing more was to come."
    during = "network-failure/keeps-the-session-after-a-failed-refresh-on-load"
    lines = whole.stdout.splitlines()
    assert lines[lines.index(fact) + 2] == "rule      in-every-situation/leaves-a-way-on"
    assert f"seen in   {during}, and in no other of 3 rules" in lines
    assert f"    broken, serious: leaves-a-way-on: {fact} (in {during}, and in no other of 3 rules)" in lines
    assert lines[-1].endswith(": 3 rules kept, 1 broken, 0 could not be asked, 0 do not apply")
    assert whole.returncode == status == 1
    told = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("sessions: ")]
    assert [line for line in told if line not in lines] == []
