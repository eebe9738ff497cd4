"""A page is at rest when it has nothing left to do, however slow the machine is."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Request

from fixtures.observed.quiet import ROUNDS_WITH_OPEN_BODIES, settle
from fixtures.observed.recorder import Recorder
from fixtures.observed.tasks import HOPS, WATCH_TASKS
from fixtures.page.clock import PageClock
from fixtures.target import TARGETS, read_target
from fixtures.tokens.names import TokenNames

PAGE = b"""<!doctype html><title>A slow body</title>
<script>
const load = (read, path = "/slow") => fetch(path).then(read).then(() => fetch("/next"));
</script>"""
NOTHING = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
AN_EMPTY_MODULE = b"\0asm\1\0\0\0"


class SlowBody:
    """A server whose answer to /slow sends its headers at once, and its body when it is told to."""

    def __init__(self) -> None:
        self.body_is_due = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # it has been closed
            threading.Thread(target=self._answer, args=[connection], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with closing(connection), suppress(ConnectionError):  # the page that asked may have been closed meanwhile
            if not (asked := connection.recv(65536)):
                return  # browsers connect ahead of what they may have to ask
            path = asked.split(b" ", 2)[1]
            body = {b"/": PAGE, b"/slow.wasm": AN_EMPTY_MODULE}.get(path, b"{}")
            kind = b"application/wasm" if body is AN_EMPTY_MODULE else b"text/html"
            head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
            connection.sendall(NOTHING if path == b"/nothing" else head % (kind, len(body)))
            if path.startswith(b"/slow"):
                self.body_is_due.wait()
            if path != b"/nothing":
                connection.sendall(body)

    def close(self) -> None:
        self.body_is_due.set()
        self._socket.close()


@pytest.fixture
def server() -> Iterator[SlowBody]:
    with closing(SlowBody()) as serving:
        yield serving


class CountingRecorder(Recorder):
    """Counts the rounds in which no answer is waited for, so that a slow one costs none, and calls after so many."""

    asked = 0
    after = 4 * ROUNDS_WITH_OPEN_BODIES
    _call: Callable[[], None] | None = None
    _hold_back: Callable[[Request], None] | None = None

    def when_asked_often(self, call: Callable[[], None], after: int = 4 * ROUNDS_WITH_OPEN_BODIES) -> None:
        self._call, self.after = call, after

    def hold_back_ends(self) -> Callable[[], None]:
        """Let nobody hear of the end of a request before what this gives is called, as with a browser that is slow."""
        held: list[Request] = []
        self._hold_back = held.append

        def report() -> None:
            self._hold_back = None
            while held:
                super(CountingRecorder, self)._on_finished(held.pop())

        return report

    def _on_finished(self, request: Request) -> None:
        (self._hold_back or super()._on_finished)(request)

    @property
    def is_behind(self) -> bool:
        self.asked += not self.unanswered
        if self.asked >= self.after and self._call is not None:
            self._call()
        return super().is_behind


@pytest.fixture
def clock(context: BrowserContext) -> PageClock:
    return PageClock(context)


@pytest.fixture
def recorder(context: BrowserContext, server: SlowBody, clock: PageClock) -> CountingRecorder:
    context.add_init_script(WATCH_TASKS)
    target = read_target(Path(TARGETS / "reference.toml"))
    page = context.new_page()
    recorder = CountingRecorder(context, target, origin=server.origin, names=TokenNames(), clock=clock)
    recorder.add_tab(page)
    recorder.when_asked_often(server.body_is_due.set)
    page.goto(server.origin)
    return recorder


@pytest.mark.parametrize(
    "reads",
    [
        "load((response) => response.json())",
        "load((response) => response.clone().text())",
        "load((response) => caches.open('a').then((cache) => cache.put('/kept', response)))",
        "load((response) => WebAssembly.compileStreaming(response), '/slow.wasm')",
    ],
    ids=["json", "clone", "cache", "module"],
)
def test_a_body_that_the_page_reads_is_waited_for(
    context: BrowserContext, recorder: CountingRecorder, reads: str
) -> None:
    page = context.pages[0]
    page.evaluate(f"() => void {reads}")

    settle([page], recorder)

    assert [exchange.path.rpartition("/")[2] for exchange in recorder.log().all][-1] == "next"
    assert recorder.asked >= recorder.after


IN_A_FRAME = """document.body.append(document.createElement('iframe'));
void frames[0].fetch('/slow').then((response) => response.text()).then(() => fetch('/next'))"""


@pytest.mark.parametrize(
    "reads",
    [
        "load((response) => response.body.getReader().read())",
        "load(({ body }) => body.pipeTo(new WritableStream()))",
        IN_A_FRAME,
    ],
    ids=["reader", "pipe", "frame"],
)
def test_a_body_is_given_time_where_the_page_may_be_reading_it_without_saying_so(
    context: BrowserContext, recorder: CountingRecorder, server: SlowBody, reads: str
) -> None:
    recorder.when_asked_often(server.body_is_due.set, after=ROUNDS_WITH_OPEN_BODIES // 2)
    page = context.pages[0]
    page.evaluate(f"() => {{ {reads} }}")

    settle([page], recorder)

    assert [exchange.path.rpartition("/")[2] for exchange in recorder.log().all][-1] == "next"


def test_a_body_that_the_page_does_not_read_is_not(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder
) -> None:
    page = context.pages[0]
    page.evaluate("() => void load((response) => response.status)")

    settle([page], recorder)

    assert [exchange.path.rpartition("/")[2] for exchange in recorder.log().all][-1] == "next"
    assert not server.body_is_due.is_set()
    assert recorder.asked < ROUNDS_WITH_OPEN_BODIES


@pytest.mark.parametrize(
    "asks",
    ["fetch('/slow').then((response) => response.text())", "fetch('/nothing')"],
    ids=["read", "without-a-body"],
)
def test_the_end_of_an_answer_is_waited_for_where_there_will_be_one(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, asks: str
) -> None:
    server.body_is_due.set()
    late = recorder.hold_back_ends()
    recorder.when_asked_often(late, after=ROUNDS_WITH_OPEN_BODIES // 2)
    page = context.pages[0]
    page.evaluate(f"() => {asks}")

    settle([page], recorder)

    assert not recorder.open_bodies


GO_ON = """async () => {
  for (let count = 0; count < 3; count++) {
    await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = resolve;
      port2.postMessage(0);
    });
  }
  void fetch("/next");
}"""


def test_what_the_page_does_after_the_end_of_a_body_belongs_to_it(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    report_ends = recorder.hold_back_ends()

    def end() -> None:
        recorder.when_asked_often(lambda: None)
        report_ends()
        page.evaluate(f"() => void ({GO_ON})()")

    # Each round asks twice, and what has happened in it is weighed between the two.
    recorder.when_asked_often(end, after=ROUNDS_WITH_OPEN_BODIES // 2 + 1)
    page.evaluate("() => fetch('/slow').then(({ body }) => body.getReader().read())")

    settle([page], recorder)

    assert [exchange.path.rpartition("/")[2] for exchange in recorder.log().all][-1] == "next"


@pytest.mark.parametrize(
    "asynchronous",
    [
        "cookieStore.get('a')",
        "navigator.locks.request('a', () => null)",
        "caches.open('a')",
        "indexedDB.databases()",
        "crypto.subtle.digest('SHA-256', new Uint8Array(1))",
        "new Promise((done) => setTimeout(done))",
    ],
    ids=lambda code: code.split("(")[0],
)
def test_what_the_page_does_after_an_answer_of_the_browser_belongs_to_it(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, asynchronous: str
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    page.evaluate(f"() => void {asynchronous}.then(() => fetch('/next'))")

    settle([page], recorder)

    assert [exchange.path.rpartition("/")[2] for exchange in recorder.log().all][-1] == "next"


MANY = 24
SET_TIMERS_AND_ASK = """async ([rounds, hops]) => {
  let left = rounds;
  const again = () => { if (left) { left -= 1; setTimeout(again); } };
  again();
  await __afreshWorkOff([rounds, hops, [], [], []]);
  return left;
}"""
COUNT_TIMERS_AND_ASK = """async ([rounds, hops]) => {
  let set = 0;
  const { setTimeout } = window;
  window.setTimeout = (...given) => { set += 1; return setTimeout(...given); };
  await __afreshWorkOff([rounds, hops, [], [], []]);
  return set;
}"""


def test_timers_that_set_each_other_come_due_one_in_each_round(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    settle([page], recorder)

    assert page.evaluate(SET_TIMERS_AND_ASK, [MANY, HOPS]) == 0


@pytest.mark.parametrize(("has_frame", "times"), [(False, 1), (True, MANY)], ids=["without a frame", "with a frame"])
def test_a_page_that_has_no_timer_due_is_not_asked_to_wait_for_one_in_each_round(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, *, has_frame: bool, times: int
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    settle([page], recorder)
    if has_frame:  # nobody knows of its timers
        page.evaluate("() => document.body.append(document.createElement('iframe'))")

    assert page.evaluate(COUNT_TIMERS_AND_ASK, [MANY, HOPS]) == times


def test_a_page_is_asked_only_for_what_it_or_a_frame_of_its_has_used(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    settle([page], recorder)
    assert page.evaluate("[...__afreshUsed]") == []

    page.evaluate("() => document.body.append(document.createElement('iframe'))")
    page.evaluate("() => void frames[0].caches.has('a').then(() => fetch('/next'))")
    settle([page], recorder)

    assert page.evaluate("[...__afreshUsed]") == ["caches"]
    assert [exchange.path.rpartition("/")[2] for exchange in recorder.log().all][-1] == "next"


COUNT_QUESTIONS = """() => {
  const { query } = LockManager.prototype;
  window.asked = 0;
  LockManager.prototype.query = function () { asked += 1; return query.call(this); };
}"""


def test_one_of_several_pages_is_asked_for_what_another_has_used(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder
) -> None:
    server.body_is_due.set()
    one, other = context.pages[0], context.new_page()
    recorder.add_tab(other)
    other.goto(server.origin)
    one.evaluate(COUNT_QUESTIONS)
    at_rest = settle([one, other], recorder)
    assert one.evaluate("asked") == 0

    other.evaluate("() => void navigator.locks.request('a', () => null)")
    at_rest = settle([one, other], recorder, before=at_rest)
    asked = one.evaluate("asked")
    assert asked > 0
    other.goto(server.origin)
    settle([one, other], recorder, before=at_rest)

    assert one.evaluate("asked") > asked, "what a document has begun may reach the other page after its end"


QUEUE = """
const queue = Array.from({ length: 12 }, (_, number) => `/queued/${number}`);
setInterval(() => { for (const path of queue.splice(0, 5)) send(path); }, 500);
"""
SENDS = {
    "fetch": "const send = (path) => fetch(path).then((answer) => answer.text());",
    "xhr": "const send = (path) => { const asked = new XMLHttpRequest(); asked.open('GET', path); asked.send(); };",
}


@pytest.mark.parametrize("sends", SENDS)
def test_a_page_that_sends_its_requests_through_a_queue_of_its_own_is_at_rest_when_that_is_empty(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, clock: PageClock, sends: str
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    page.evaluate(f"() => {{ {SENDS[sends]} {QUEUE} }}")

    settle([page], recorder, clock=clock)

    assert sum("/queued/" in exchange.path for exchange in recorder.log().all) == 12
    assert clock.ahead < 4
    assert clock.is_unmoved


PUTS_OFF = {
    "a frame": "requestAnimationFrame(send)",
    "an idle moment": "setTimeout(() => null, 1e6); requestIdleCallback(send)",
    "view": "new IntersectionObserver(send).observe(document.body)",
    "view, then a frame": "new IntersectionObserver(() => requestAnimationFrame(send)).observe(document.body)",
}


# A machine that is slow has drawn the page before it is asked: so more than once.
@pytest.mark.parametrize("puts_off", PUTS_OFF)
def test_what_a_page_has_put_off_until_it_is_drawn_belongs_to_what_it_does(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, clock: PageClock, puts_off: str
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    for time in range(5):
        settle([page], recorder, clock=clock)
        page.evaluate(f"() => {{ const send = () => void fetch('/next/{time}'); {PUTS_OFF[puts_off]}; }}")

        settle([page], recorder, clock=clock)

        assert recorder.log().all[-1].path.endswith(f"/next/{time}")


DRAWS = {
    "one after the other": "const draw = () => requestAnimationFrame(draw); draw();",
    "two in turn": "const one = () => requestAnimationFrame(two); const two = () => requestAnimationFrame(one); one();",
}


@pytest.mark.parametrize("draws", DRAWS)
def test_a_page_that_draws_for_ever_is_given_a_few_frames_and_no_more(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, clock: PageClock, draws: str
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    settle([page], recorder, clock=clock)
    page.evaluate(f"() => {{ {DRAWS[draws]} }}")

    settle([page], recorder, clock=clock)
    assert clock.ahead < 0.2
    before = clock.ahead
    settle([page], recorder, clock=clock)
    assert clock.ahead == before
    assert page.evaluate("__afreshTimers.next(true)") == -1


def test_a_frame_that_is_called_off_or_put_off_is_not_waited_for(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, clock: PageClock
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    due = "() => {{ {}(requestAnimationFrame(() => null)); return __afreshTimers.next(true); }}"
    assert page.evaluate(due.format("")) >= 0
    settle([page], recorder, clock=clock)

    assert page.evaluate(due.format("cancelAnimationFrame")) == -1

    page.evaluate("() => { const draw = () => requestAnimationFrame(draw); draw(); }")
    clock.run(60)

    assert page.evaluate(due.format("")) == -1


# How often a poll is sent tells nothing: the page's clock runs on while the machine is slow.
@pytest.mark.parametrize(
    "does",
    [("fetch('/same').then((answer) => answer.text())", 900, 2), ("document.title += '.'", 500, 0)],
    ids=["polls", "ticks"],
)
def test_a_page_that_does_the_same_for_ever_is_given_a_moment_and_no_more(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, clock: PageClock, does: tuple[str, int, int]
) -> None:
    what, every, most = does
    server.body_is_due.set()
    page = context.pages[0]
    page.evaluate(f"void setInterval(() => {{ {what} }}, {every})")

    settle([page], recorder, clock=clock)

    assert clock.ahead < 3
    before = clock.ahead
    settle([page], recorder, clock=clock)
    assert clock.ahead - before <= most


def test_no_time_passes_in_a_pause_after_a_refresh_that_failed(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, clock: PageClock
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    context.route("**/auth/refresh/", lambda route: route.abort("connectionreset"))
    page.evaluate(
        """() => {
          const refresh = () => fetch('/auth/refresh/', { method: 'POST' }).catch(() => setTimeout(refresh, 800));
          void refresh();
        }"""
    )

    settle([page], recorder, clock=clock)
    page.evaluate("() => void fetch('/next').then((answer) => answer.text())")
    settle([page], recorder, clock=clock)

    # On a slow machine the pause may have passed by itself. The refresh after it has failed as well, then.
    assert {exchange.failure for exchange in recorder.log().refreshes} == {"connection reset"}
    assert clock.ahead == 0


class HeldByTheBrowser:
    """Requests that the browser keeps back before anybody is told of them, as a busy one does for a moment."""

    def __init__(self, context: BrowserContext, pattern: str) -> None:
        self._session = context.new_cdp_session(context.pages[0])
        self._held: list[str] = []
        self._session.on("Fetch.requestPaused", lambda event: self._held.append(event["requestId"]))
        self._session.send("Fetch.enable", {"patterns": [{"urlPattern": pattern}]})

    @property
    def is_any(self) -> bool:
        return bool(self._held)

    def release(self) -> None:
        """Let them go. May be called again, for what has been kept back since."""
        while self._held:
            self._session.send("Fetch.continueRequest", {"requestId": self._held.pop(0)})


# A request that is reported late has outlived its document: with keepalive it is sure to, without it may.
@pytest.mark.parametrize(
    ("is_released", "told"), [(False, []), (True, ["GET /next aborted by the page"])], ids=["lost", "reported-late"]
)
def test_a_request_whose_document_has_made_way_for_another_is_not_waited_for(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, *, is_released: bool, told: list[str]
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    held = HeldByTheBrowser(context, "*/next")
    context.route("**/next", lambda route: route.continue_())
    page.evaluate(f"() => void fetch('/next', {{ keepalive: {str(is_released).lower()} }}).catch(() => null)")
    while not (held.is_any and recorder.is_behind):
        page.evaluate("0")

    page.goto(f"{server.origin}/another")
    if is_released:
        with context.expect_event("request", lambda request: request.url.endswith("/next")):
            held.release()
    settle([page], recorder)

    assert [str(exchange) for exchange in recorder.log().all if exchange.path.endswith("next")] == told


def test_a_worker_that_is_ended_before_its_script_has_come_is_not_waited_for(
    context: BrowserContext, recorder: CountingRecorder
) -> None:
    page = context.pages[0]
    page.evaluate("""() => { new Worker("/slow").terminate(); }""")

    settle([page], recorder)

    assert recorder.log().all[-1].path == "/slow"
    assert recorder.log().all[-1].status is None


LEAVING = {
    "by-a-load": ("location.href = '/elsewhere'", True),
    "by-a-reload": ("location.reload()", True),
    "by-a-hash": ("location.hash = '#part'", False),
    "by-its-history": ("history.pushState(null, '', '/elsewhere')", False),
    "by-a-download": (
        "Object.assign(document.createElement('a'), { href: '/file', download: 'file' }).click()",
        False,
    ),
}


@pytest.mark.parametrize("leaves", LEAVING)
def test_a_page_says_that_it_has_begun_to_leave(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder, leaves: str
) -> None:
    server.body_is_due.set()
    code, does_leave = LEAVING[leaves]

    said = context.pages[0].evaluate(f"() => {{ {code}; return __afreshIsLeaving(); }}")

    assert said is does_leave
    settle([context.pages[0]], recorder)


def test_a_page_that_has_begun_to_leave_is_not_at_rest(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    page.evaluate("() => { let asked = 0; window.__afreshIsLeaving = () => (window.asked = ++asked) < 20; }")

    settle([page], recorder)

    assert page.evaluate("asked") >= 20


def test_a_page_whose_scripts_are_still_to_run_says_so(context: BrowserContext, server: SlowBody) -> None:
    server.body_is_due.set()
    said: list[tuple[str, bool]] = []
    context.expose_function("say", lambda state, is_arriving: said.append((state, is_arriving)))
    context.add_init_script(WATCH_TASKS)
    context.add_init_script(
        """for (const when of ["readystatechange", "DOMContentLoaded"]) {
            document.addEventListener(when, () => say(document.readyState, __afreshIsArriving()));
        }"""
    )
    page = context.new_page()
    page.goto(server.origin)
    page.evaluate("say('asked', __afreshIsArriving())")

    assert said == [("interactive", True), ("interactive", False), ("complete", False), ("asked", False)]


def test_a_page_that_has_left_for_nothing_is_at_rest_in_the_end(
    context: BrowserContext, server: SlowBody, recorder: CountingRecorder
) -> None:
    server.body_is_due.set()
    page = context.pages[0]
    context.route("**/nothing", lambda route: route.fulfill(status=204))

    page.evaluate("() => { location.href = '/nothing'; }")
    settle([page], recorder)

    assert [each.status for each in recorder.log().all if each.path.endswith("/nothing")] == [204]
    assert page.url == f"{server.origin}/"
