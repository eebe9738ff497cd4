"""The target file: what it says of an app, and what it says of itself when it is wrong."""

from pathlib import Path

import pytest

from fixtures.target import TARGETS, TargetError, needs_of, read_target

REFERENCE = TARGETS / "reference.toml"


def complaint(file: Path) -> str:
    with pytest.raises(TargetError) as error:
        read_target(file)
    return str(error.value)


@pytest.mark.parametrize("file", sorted(TARGETS.glob("*.toml")), ids=lambda file: file.name)
def test_the_bundled_targets_can_be_read(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AFRESH_USER", "somebody")  # which the example asks for
    monkeypatch.setenv("AFRESH_PASSWORD", "not-a-secret")
    assert read_target(file).name


def test_every_mistake_is_reported_at_once(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(
        REFERENCE.read_text(encoding="utf-8")
        .replace('name = "reference"', "name = 3", 1)
        .replace('page = "/login"', 'page = "login"')
        .replace('request = "POST /auth/refresh/"', 'request = "FETCH /x"')
        .replace('submit = { role = "button", name = "Sign in" }', 'submit = { text = "Go", label = "Go" }')
        .replace("early_renewal = 60", 'early_renewals = 60\noutage_ends_in = "tears"')
        .replace('outage_ends_in = "sign-out"', ""),
        encoding="utf-8",
    )

    assert complaint(file).splitlines() == [
        f"target file {file}: 6 mistakes",
        "  line 2, name: Input should be a valid string, found 3",
        "  line 16, sign_in.page: should be a path on the app's own origin, beginning with one \"/\", found 'login'",
        "  line 19, sign_in.submit: should be exactly one of label, role, text, test_id, css, url",
        (
            '  line 33, refresh.request: should be a method and a path or URL, such as "POST /auth/refresh/", '
            "found 'FETCH /x'"
        ),
        "  line 104, policy.outage_ends_in: Input should be 'sign-out' or 'waiting', found 'tears'",
        "  line 103, policy.early_renewals: not a key that a target file has",
    ]


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("refresh", 'refusal = { body = "{}" }', "rejection"),
        ("refresh", "refused_with = [401]", "rejected_with"),
        ("policy", "refused_attempts = 1", "rejected_attempts"),
    ],
)
def test_a_key_that_has_another_name_now_is_told_it(tmp_path: Path, table: str, old: str, new: str) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(f'extends = "{REFERENCE}"\nname = "shop"\n[{table}]\n{old}\n', encoding="utf-8")

    key = old.split(" = ", maxsplit=1)[0]
    assert complaint(file).splitlines() == [
        f"target file {file}: 1 mistake",
        f"  line 4, {table}.{key}: is called {new} now",
    ]


def test_a_missing_table_is_a_mistake(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(REFERENCE.read_text(encoding="utf-8").replace("[refresh]", "[refreshing]"), encoding="utf-8")

    assert complaint(file).splitlines() == [
        f"target file {file}: 2 mistakes",
        "  refresh: missing",
        "  line 32, refreshing: not a key that a target file has",
    ]


def test_a_file_that_is_not_there_or_not_toml_is_named(tmp_path: Path) -> None:
    assert complaint(tmp_path / "none.toml") == f"target file {tmp_path / 'none.toml'}: No such file or directory"
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ", encoding="utf-8")
    assert complaint(broken).startswith(f"target file {broken}: not TOML: Invalid value")


def test_a_file_can_extend_another(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(REFERENCE.read_text(encoding="utf-8"), encoding="utf-8")
    file = tmp_path / "shop.toml"
    file.write_text('extends = "base.toml"\nname = "shop"\n[policy]\nearly_renewal = 30\n', encoding="utf-8")

    shop = read_target(file)

    assert (shop.name, shop.policy.early_renewal, shop.policy.refresh_attempts) == ("shop", 30, 8)
    assert shop.pages == read_target(REFERENCE).pages


def test_what_a_target_lacks_is_said_with_the_key_that_would_give_it(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(REFERENCE.read_text(encoding="utf-8"), encoding="utf-8")
    file = tmp_path / "shop.toml"
    file.write_text('extends = "base.toml"\n[policy]\nearly_renewal = 0\n', encoding="utf-8")

    assert needs_of(read_target(file))["early refresh"] == "policy.early_renewal is 0: the app only reacts to a 401"
    assert needs_of(read_target(REFERENCE))["early refresh"] is None


@pytest.mark.parametrize(
    ("marks", "words"),
    [("", "/login"), ('sent_to = "/welcome"', "/welcome"), ('sent_to = "in place"', "the sign-in form")],
)
def test_where_people_without_a_session_are_sent_can_be_put_into_a_sentence(
    tmp_path: Path, marks: str, words: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'extends = "{REFERENCE}"\n[marks]\n{marks}\n', encoding="utf-8")

    assert read_target(file).sent_to_in_words == words


def test_two_files_cannot_extend_each_other(tmp_path: Path) -> None:
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    one.write_text('extends = "other.toml"\n', encoding="utf-8")
    other.write_text('extends = "one.toml"\n', encoding="utf-8")

    assert complaint(one) == f"target file {other}: extends: one.toml extends this file in turn"


def test_how_to_find_an_element_is_replaced_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(REFERENCE.read_text(encoding="utf-8"), encoding="utf-8")
    file = tmp_path / "shop.toml"
    file.write_text('extends = "base.toml"\n[marks]\nsigned_in = { text = "Welcome" }\n', encoding="utf-8")

    assert str(read_target(file).marks.signed_in) == 'text "Welcome"'


def test_a_place_and_a_request_are_replaced_as_a_whole(tmp_path: Path) -> None:
    below, above = tmp_path / "below.toml", tmp_path / "above.toml"
    below.write_text(
        REFERENCE.read_text(encoding="utf-8")
        .replace('access_token = "access_token"', 'access_token = { key = "auth", pointer = "/access" }')
        .replace(
            'request = "POST /auth/refresh/"', 'request = { line = "POST /token", body = { "/type" = "refresh" } }'
        ),
        encoding="utf-8",
    )
    above.write_text(
        'extends = "below.toml"\n'
        '[tokens]\naccess_token = { cookie = "access" }\n'
        '[refresh]\nrequest = { line = "POST /refresh" }\n',
        encoding="utf-8",
    )

    target = read_target(above)

    assert str(target.tokens.access_token) == "cookie access"
    assert target.refresh.request.matches("POST", "http://localhost/refresh", "")
    assert read_target(below).refresh.request.body == {"/type": "refresh"}


def test_an_app_is_served_by_the_suite_or_runs_somewhere_and_never_both(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(REFERENCE.read_text(encoding="utf-8"), encoding="utf-8")
    file = tmp_path / "shop.toml"
    file.write_text('extends = "base.toml"\n[app]\nbase_url = "http://127.0.0.1:1"\n', encoding="utf-8")

    assert complaint(file).endswith("line 2, app: should be exactly one of bundled and base_url")
