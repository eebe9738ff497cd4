"""What a run writes down has no secret in it: no token, cookie or password, whole or cut, plain or encoded.

A plugin notes every secret of the run; then all that the run has printed and written is searched for them.
"""

from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import pytest

from e2e.test_survival import run_pytest
from fixtures.target import TARGETS

# A whole run in one test: two minutes, as pytest.ini gives a test, are few on a busy machine.
pytestmark = pytest.mark.timeout(360)

SHORTEST = 12
"""A piece of a secret of so many characters is one, too."""

SPY = """
from pathlib import Path

import pytest

FOUND = Path(__file__).with_name("secrets")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    from fixtures.given.spa import SPAS  # not before pytest itself has

    for spa in item.stash.get(SPAS, []):
        cookies = [cookie["value"] for cookie in spa.world.context.cookies()]
        with FOUND.open("a") as found:
            found.writelines(f"{text}\\n" for text in [*spa.names.texts(), spa.account.password, *cookies] if text)
"""


def pieces(secret: str) -> set[str]:
    """Every piece of a secret by which it could be told, in each form that it may have.

    The first part of a JSON web token says how it is signed: it is the same in all of them, and no secret.
    """
    own = secret.partition(".")[2] if secret.startswith("eyJ") else secret
    # Three bytes are four letters of base64: what stands before a secret shifts them.
    encoded = [b64encode((" " * before + own).encode()).decode()[4:-4] for before in range(3)]
    forms = [own, quote(own, safe=""), *encoded]
    return {form[at : at + SHORTEST] for form in forms for at in range(len(form) - SHORTEST + 1)}


def found_in(text: str, secrets: set[str]) -> list[str]:
    """The lines of a text in which a piece of a secret stands."""
    return [
        line
        for line in text.splitlines()
        if any(line[at : at + SHORTEST] in secrets for at in range(len(line) - SHORTEST + 1))
    ]


def test_a_secret_is_found_in_each_of_its_forms() -> None:
    secret = "eyJhbGciOiJIUzI1NiJ9.eyJqdGkiOiI5OTgxMjM0In0.c2lnbmF0dXJlLW9mLWl0"
    known = pieces(secret)

    cut = f'{{"refresh": "{secret[:40]}…'
    assert found_in(cut, known) == [cut]
    assert found_in(f"a%20{quote(secret + '/+')}", known)
    assert found_in(b64encode(f'xy {{"token": "{secret}"}}'.encode()).decode(), known)
    assert not found_in("eyJhbGciOiJIUzI1NiJ9 is the same in all of them", known)


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(("--defect", "token-in-url", "-k", "refresh-rejected/ends-the-session"), id="in-an-address"),
        pytest.param(
            ("--defect", "token-in-console-or-telemetry", "-k", "refresh-rejected/ends-the-session"),
            id="on-the-console",
        ),
        pytest.param(
            ("--defect", "investigation-literal", "-k", "bad-refresh-token and garbage or wrong-password/"),
            id="in-storage",
        ),
        pytest.param(
            (f"--target={TARGETS / 'reference-cookie.toml'}", "-k", "concurrent-401s/shares"), id="in-cookies"
        ),
    ],
)
def test_nothing_that_a_run_writes_has_a_secret_in_it(tmp_path: Path, asked: tuple[str, ...]) -> None:
    (tmp_path / "spying.py").write_text(SPY, encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    ended = run_pytest(
        *("-v", "-p", "spying", "-n", "0", "e2e/test_scenarios.py", *asked, "--report", str(out)),
        *(f"--junitxml={out / 'junit.xml'}", f"--verdicts={out / 'verdicts.json'}"),
        *(f"--accept-known={out / 'known.toml'}",),
        plugins=tmp_path,
    )
    secrets = (tmp_path / "secrets").read_text(encoding="utf-8").split()
    assert len(secrets) > 3, ended.stdout
    known = set[str]().union(*map(pieces, secrets))

    written = {file.name: file.read_text(encoding="utf-8") for file in out.iterdir()}
    assert {"index.html", "run.json", "summary.md", "ctrf.json", "junit.xml", "verdicts.json"} <= written.keys()
    written |= {"standard output": ended.stdout, "standard error": ended.stderr}
    assert {name: lines for name, text in written.items() if (lines := found_in(text, known))} == {}
