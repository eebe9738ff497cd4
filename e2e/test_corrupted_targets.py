"""Hundreds of corrupted target files: each ends in one message that says where the mistake is, and tells no secret.

They are made from the good ones, by a seed, so that every run has the same. Each knows what it has corrupted, and in
which line; none of them asks the code under test for that.
"""

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fixtures.apps.builds import ROOT
from fixtures.target import TARGETS, TargetError, read_target

SEED = 20250607
HOW_MANY = 200
OF_EACH_RULE = 60
USAGE_ERROR = 4

SECRET = "s3cr3t-of-the-environment"
LITERAL = "s3cr3t-in-the-file"
ENVIRONMENT = {
    "AFRESH_USER": "robin@example.com",
    "AFRESH_PASSWORD": SECRET,
    "AFRESH_OTHER_USER": "kim@example.com",
    "AFRESH_OTHER_PASSWORD": SECRET,
    "AFRESH_SIGNING_KEY": SECRET,
}
"""No AFRESH_MISSING, which corrupted files name."""

REFERENCE = (TARGETS / "reference.toml").read_text(encoding="utf-8")
EXAMPLE = (TARGETS / "example.toml").read_text(encoding="utf-8")
EXCLUDED = ("#extends", "#bundled", "#sign_up", "#deletion", "#function", "#controls", "#reply")
"""What the example has switched off because something else excludes it; the last of it is sign_in.call."""


def _with_all_that_goes_together() -> str:
    lines, is_call = [], False
    for line in EXAMPLE.split("\n"):
        is_call = line == "#[sign_in.call]" or (is_call and line != "")
        is_off = line.startswith(EXCLUDED) or is_call
        lines.append(line if is_off else re.sub(r"^#(?=[^ :])", "", line))
    return "\n".join(lines)


GOOD = {
    "reference": REFERENCE,
    "example": EXAMPLE,
    "whole": _with_all_that_goes_together(),
    # Line ends of another system, and lines that a text within the file only seems to have.
    "windows": REFERENCE.replace("\n", "\r\n"),
    "strange": REFERENCE.replace('name = "reference"', 'name = """\n[app]\nbundled = 3\n# \u2028 \x85\n"""\n', 1),
}


@dataclass(frozen=True)
class Site:
    """A line of a good file with a key of its own."""

    source: str
    number: int
    table: str
    name: str
    value: str

    @property
    def key(self) -> str:
        return f"{self.table}.{self.name}" if self.table else self.name


@dataclass(frozen=True)
class Corrupted:
    """A file that cannot be used, and what its message must name."""

    kind: str
    content: bytes
    key: str | None = None
    line: int | None = None
    says: str = ""
    beside: dict[str, bytes] = field(default_factory=dict)


def sites_of(source: str) -> list[Site]:
    found, table, is_text = [], "", False
    for number, line in enumerate(re.split(r"\r?\n", GOOD[source]), 1):
        if '"""' in line or is_text:
            is_text ^= line.count('"""') == 1
        elif header := re.fullmatch(r"\[([\w.]+)\]", line):
            table = header[1]
        elif pair := re.match(r"(\w+) = (.*?)(?:  # .*)?$", line):
            found.append(Site(source, number, table, pair[1], pair[2]))
    return found


SITES = {source: sites_of(source) for source in GOOD}


def site(source: str, key: str) -> Site:
    return next(each for each in SITES[source] if each.key == key)


def with_line(source: str, number: int, *instead: str) -> bytes:
    """A good file with other lines in the place of one."""
    lines = GOOD[source].split("\n")
    end = "\r" if lines[0].endswith("\r") else ""
    lines[number - 1 : number] = [line + end for line in instead]
    return "\n".join(lines).encode()


def header_line(source: str, table: str) -> int:
    return re.split(r"\r?\n", GOOD[source]).index(f"[{table}]") + 1


# One key


REQUIRED = ("name", "sign_in.page", "marks.signed_in", "marks.signed_out", "refresh.request", "api.paths", "pages.home")
NEEDED = {
    "app.base_url": "app",
    "account.password": "account",
    "account.user": "account",
    "sign_in.user": "sign_in",
    "sign_in.password": "sign_in",
    "sign_in.submit": "sign_in",
}
"""Keys whose want is a mistake of their table."""
OWN_NAMES = "app.environment"
"""A table in which any key will do."""


def removed() -> Iterator[Corrupted]:
    for key in REQUIRED:
        where = site("example", key)
        line = header_line("example", where.table) if where.table else None
        yield Corrupted("removed", with_line("example", where.number), key, line, "missing")
    for key, table in NEEDED.items():
        number = site("example", key).number
        line = header_line("example", table)
        yield Corrupted("removed", with_line("example", number), table, line, "should be ")


def misspelt(dice: random.Random) -> Iterator[Corrupted]:
    for source in GOOD:
        for where in SITES[source]:
            if where.table == OWN_NAMES:
                continue
            at = dice.randrange(len(where.name))
            name = dice.choice(
                [where.name[:at] + "x" + where.name[at:], where.name.upper(), f"{where.name}-", where.name + where.name]
            )
            key = f"{where.table}.{name}" if where.table else name
            content = with_line(source, where.number, f"{name} = {where.value}")
            yield Corrupted("misspelt", content, key, where.number, "not a key that a target file has")


WRONG_TYPES = {
    '"': ["3", "true", "1979-05-27", "1.5", "nan", '["x"]', "{ a = 1 }", "07:32:00", "1979-05-27T07:32:00Z"],
    "{": ["3", "false", "[]", "1979-05-27", "inf", '[{ text = "x" }]'],
    "[": ['"/api/"', "3", "true", "1979-05-27"],
    "t": ['"true"', "1", "[]"],
    "f": ['"false"', "0", "{ a = true }"],
    "0": ['"60"', "60.0", "true", "-5", f"1{'0' * 30}", "0x" + "f" * 5000, "[60]", "1979-05-27", "-inf"],
}
"""For what a good value begins with, values of other kinds."""


OF_ANY_TYPE = {"tokens.shown.value"}
"""Keys whose values may be texts, numbers, true and false."""


OR_A_LIST = {"sign_out.before"}
"""Keys whose values may be one table, or a list of such tables."""


def wrong_type(dice: random.Random) -> Iterator[Corrupted]:
    for source in GOOD:
        for where in SITES[source]:
            kind = "0" if where.value[0].isdigit() else where.value[0]
            chosen = dice.choice(WRONG_TYPES[kind])
            is_good = where.key in OF_ANY_TYPE or (where.key in OR_A_LIST and chosen.startswith("["))
            value = "[3]" if is_good else chosen
            content = with_line(source, where.number, f"{where.name} = {value}")
            yield Corrupted("wrong-type", content, where.key, where.number)


WRONG_VALUES = {
    "name": ['""'],
    "environment": ['"production"', '"Local"', '""'],
    "app.base_url": [
        '"localhost:3000"',
        '"ftp://localhost"',
        '"http://"',
        '"http://localhost:*"',
        '"http://localhost:port"',
        '"http://localhost:99999"',
        '"http://[::1"',
        '"http://localhost/?page=1"',
        '"http://local host"',
    ],
    "app.session_in": ['"header"'],
    "account.user": ['""', '"${AFRESH_MISSING}"', '"${AFRESH-USER}"', '"${}"', '"${AFRESH_USER"'],
    "account.password": [f'"{LITERAL}"', '""', '"${AFRESH_PASSWORD}!"', '"${AFRESH_MISSING}"', "12345678"],
    "account.other_password": [f'"{LITERAL}"', f'{{ value = "{LITERAL}" }}', f'["{LITERAL}"]'],
    "sign_in.page": ['"login"', '"//login"', '"http://localhost/login"', '"${AFRESH_PASSWORD}"', '"*"'],
    "sign_in.user": [
        "{}",
        '{ label = "" }',
        '{ label = "A", text = "B" }',
        '{ name = "A" }',
        '{ lable = "A" }',
        '{ url = "/login" }',
        '{ label = "A", name = "B" }',
        "{ role = 3 }",
    ],
    "sign_in.request": [
        '{ body = { "/a" = "b" } }',
        '{ line = "POST" }',
        '{ line = "POST /", body = { a = "b" } }',
        '{ line = "POST /", body = { "/a" = 1 } }',
    ],
    "marks.signed_in": ['{ url = "login" }', '{ url = "http://" }', '{ url = "//x" }', '{ css = "" }'],
    "marks.sent_to": ['"login"', '"In place"', '"http://"', '"//elsewhere"', '""'],
    "refresh.request": [
        '"FETCH /x"',
        '"POST"',
        '"POST refresh"',
        '"post /refresh"',
        '"POST //refresh"',
        '"POST http://"',
        '"* /refresh"',
        '"POST *"',
        '"${AFRESH_PASSWORD}"',
    ],
    "refresh.sends": ['"refresh_token"', '"body /x"', '"/a~2b"', '"header"', '"cookie a b"', '"header A:B"'],
    "refresh.access_token": ['"access_token"', '""', '"#/access_token"', '"/a~"', '"$.access_token"'],
    "refresh.expires_at_unit": ['"seconds"', '"m"'],
    "refresh.succeeds_by": ['"200"'],
    "refresh.rejection": [
        "{ status = 99 }",
        "{ status = 600 }",
        '{ status = "401" }',
        "{ body = 1 }",
        "{ code = 401 }",
    ],
    "api.paths": ["[]", '[""]', '["api/"]', '["/api/", "**"]', '["/api/", 3]', '["*"]', '["//*"]', '["http:*"]'],
    "api.carries": ['"Authorization"', '"header "', '"cookie a b"', '"/access_token"', '"Header X"'],
    "tokens.storage": ['"cookies"', '"localstorage"'],
    "tokens.access_token": ['""', "{}", '{ key = "a", cookie = "b" }', '{ cookie = "a", storage = "localStorage" }'],
    "tokens.expiry": ['{ key = "a", pointer = "b" }', '{ key = "a", storage = "indexedDB" }', '{ pointer = "/a" }'],
    "tokens.lifetime": ["0", "-1", "999999999999", f"1{'0' * 40}", f"0x{'f' * 5000}"],
    "tokens.expiry_from": ['"cookie"'],
    "tokens.signing_key": [f'"{LITERAL}"', '"${AFRESH_MISSING}"'],
    "pages.home": ['{ path = "/" }', '{ shows = { text = "A" } }', '{ path = "home", shows = { text = "A" } }'],
    "pages.form.others": ["[{}]", '[{ label = "A" }, { url = "/" }]', '{ label = "A" }'],
    "policy.early_renewal": ["-1", "9223372036854775808"],
    "policy.refresh_attempts": ["0", "-3", "1000000"],
    "policy.rejected_attempts": ["0"],
    "policy.outage_limit": ["0", "-300"],
    "policy.idle_limit": ["0", "-1", '"never"'],
    "policy.outage_ends_in": ['"tears"', '""'],
}


def wrong_value() -> Iterator[Corrupted]:
    for key, values in WRONG_VALUES.items():
        where = site("whole", key)
        for value in values:
            content = with_line("whole", where.number, f"{where.name} = {value}")
            yield Corrupted("wrong-value", content, key, where.number)


EXCLUSIVE = [
    ("app.base_url", 'bundled = "field-notes"', "app"),
    ("account.user", 'sign_up = "/auth/register/"', "account"),
    ("sign_in.submit", 'function = "module:function"', "sign_in"),
    ("sign_in.submit", 'call = { request = "POST /login", body = {} }', "sign_in"),
    ("pages.calls.control", 'controls = [{ text = "A" }, { text = "B" }]', "pages.calls"),
]


def exclusive() -> Iterator[Corrupted]:
    for key, other, table in EXCLUSIVE:
        where = site("whole", key)
        content = with_line("whole", where.number, f"{where.name} = {where.value}", other)
        yield Corrupted("exclusive", content, table, header_line("whole", table), "should be exactly one")


OTHER_WAYS = [
    ('function = "module"', "sign_in", 'should be "module:function"'),
    ('function = ":"', "sign_in", 'should be "module:function"'),
    ('function = "a:b:c"', "sign_in", 'should be "module:function"'),
    ('call = { request = "POST http://127.0.0.1:*/", body = {} }', "sign_in.call", "should be one address"),
    ('call = { request = "POST /login", body = { pin = 1234 } }', "sign_in.call.body.pin", "valid string"),
    ('call = { request = "POST /login" }', "sign_in.call.body", "missing"),
]


def other_ways_to_sign_in() -> Iterator[Corrupted]:
    first = site("example", "sign_in.user").number
    keys = ("sign_in.user", "sign_in.password", "sign_in.submit")
    for line, key, says in OTHER_WAYS:
        lines = EXAMPLE.split("\n")
        for each in keys:
            lines[site("example", each).number - 1] = ""
        lines[first - 1] = line
        at = header_line("example", "sign_in") if key == "sign_in" else first
        yield Corrupted("other-way-to-sign-in", "\n".join(lines).encode(), key, at, says)
    number = site("example", "account.user").number
    lines = EXAMPLE.split("\n")
    lines[number - 1] = 'sign_up = "http://127.0.0.1:*/register"'
    lines[site("example", "account.password").number - 1] = ""
    yield Corrupted("wildcard", "\n".join(lines).encode(), "account.sign_up", number, "should be one address")


# Whole tables


def tables() -> Iterator[Corrupted]:
    headers = re.findall(r"^\[([\w.]+)\]$", GOOD["whole"], re.MULTILINE)
    for table in headers:
        number = header_line("whole", table)
        is_confidential = table in ("account", "tokens", OWN_NAMES)
        says = "should be a table" if is_confidential else "should be a table, found a list"
        yield Corrupted("list-of-tables", with_line("whole", number, f"[[{table}]]"), table, number, says)
        renamed = f"{table}s-of-mine"
        says = "not a key that a target file has"
        yield Corrupted("table-renamed", with_line("whole", number, f"[{renamed}]"), renamed, number, says)
        twice = with_line("whole", number, f"[{table}]", f"[{table}]")
        yield Corrupted("table-twice", twice, line=number + 1, says="not TOML")
    for table in ("app", "marks", "refresh", "api", "pages", "policy"):
        value = f'{table} = "{table}"'
        yield Corrupted("table-made-text", f"{value}\n".encode(), table, 1, f"should be a table, found '{table}'")
    yield Corrupted("table-made-text", f'account = "{LITERAL}"\n'.encode(), "account", 1, "should be a table")
    items = f'tokens = ["{LITERAL}"]\n'.encode()
    yield Corrupted("table-made-list", items, "tokens", 1, "should be a table")
    yield Corrupted("strange-key", b'"a\\nb" = 1\n' + REFERENCE.encode(), '"a\\nb"', 1, "not a key")
    yield Corrupted("strange-key", b'"" = 1\n' + REFERENCE.encode(), '""', 1, "not a key")
    yield Corrupted("strange-key", b'"app.bundled" = 1\n' + REFERENCE.encode(), '"app.bundled"', 1, "not a key")
    in_list = with_line(
        "whole", site("whole", "pages.form.others").number, "others = [", '  { label = "A" },', "  { label = 3 },", "]"
    )
    number = site("whole", "pages.form.others").number + 2
    yield Corrupted("within-a-list", in_list, "pages.form.others.1.label", number, "found 3")


# What is no TOML


BROKEN_LINES = [
    "{name}",
    "{name} =",
    "{name} = ",
    "= {value}",
    "{name}: {value}",
    "{name} {value}",
    "{name} = {value} {value}",
    '{name} = "no end',
    "{name} = 'no end",
    "{name} = no_quotes",
    "{name} = “{name}”",
    '{name} = "\\q"',
    '{name} = "\\ud800"',
    '{name} = "a\0b"',
    '{name} = "a\x1bb"',
    "{name} = 007",
    "{name} = 1__0",
    "{name} = 0x",
    "{name} = True",
    "{name} = null",
    "{name} = 2024-13-45",
    "{name} = {{ a = 1, }}",
    "{name} = {{ a = 1",
    "{name} = {{ a = 1, a = 2 }}",
    "{name} = {value}\n{name} = {value}",
    "{name} = {value}\n{name}.more = 1",
    "; {name} = {value}",
    "// {name} = {value}",
    "<<<<<<< HEAD",
    "[{name}",
    "[[{name}]",
    "[]",
    "{name} = {value} # \x07",
    "$ {name} = {value}",
]
"""In the place of a good line. Where a line has two, the second is the wrong one."""


def broken_line(dice: random.Random) -> Iterator[Corrupted]:
    for broken in BROKEN_LINES:
        where = dice.choice([each for each in SITES["reference"] if each.value.startswith('"')])
        lines = broken.format(name=where.name, value=where.value).split("\n")
        number = where.number + len(lines) - 1
        yield Corrupted("broken-line", with_line("reference", where.number, *lines), line=number, says="not TOML")


def broken_file(dice: random.Random) -> Iterator[Corrupted]:
    good = REFERENCE.encode()
    wrong_byte = good.replace(b"field-notes", b"field\xffnotes")
    number = site("reference", "app.bundled").number
    yield Corrupted("not-utf-8", wrong_byte, line=number, says="not UTF-8")
    latin = good.replace(b"Email", "Benutzerschlüssel".encode("latin-1"))
    yield Corrupted("not-utf-8", latin, line=site("reference", "sign_in.user").number, says="not UTF-8")
    yield Corrupted("not-utf-8", REFERENCE.encode("utf-16"), line=1, says="not UTF-8")
    yield Corrupted("not-utf-8", b"\xed\xa0\x80" + good, line=1, says="not UTF-8")
    yield Corrupted("not-utf-8", b"\x1f\x8b\x08" + dice.randbytes(200), line=1, says="not UTF-8")
    yield Corrupted("byte-order-mark", b"\xef\xbb\xbf" + good, says="byte order mark")
    yield Corrupted("nul", b"\0" * 100, says="not TOML")
    yield Corrupted("nul", good + b"\0", says="not TOML")
    yield Corrupted("json", b'{"name": "shop"}', says="not TOML")
    yield Corrupted("yaml", b"name: shop\napp:\n  base_url: http://localhost\n", line=1, says="not TOML")
    yield Corrupted("html", b"<!doctype html><title>404</title>", line=1, says="not TOML")
    for text in (b"", b"\n\n\n", b"# Nothing but words.\n", b" \t\r\n"):
        yield Corrupted("empty", text, "refresh", says="missing")
    cuts = [each for each in SITES["reference"] if each.value.startswith('"')]
    for where in dice.sample(cuts, 3):
        above = REFERENCE.split("\n")[: where.number - 1]
        cut = "\n".join([*above, f"{where.name} = {where.value[:-2]}"])
        yield Corrupted("cut-off", cut.encode(), says="not TOML")
    yield Corrupted("too-deep", f"a = {'[' * 100_000}{']' * 100_000}\n".encode(), says="nested too deeply")
    yield Corrupted("too-deep", f"a = {'{a = ' * 5000}1{'}' * 5000}\n".encode(), says="nested too deeply")
    yield Corrupted("too-deep", f"{'.'.join('a' * 5000)} = 1\n".encode(), says="nested too deeply")
    yield Corrupted("too-deep", f"[{'.'.join('a' * 5000)}]\n".encode(), says="nested too deeply")
    # Deeper than the library reads that knows the lines.
    for deep in (f"a = {'[' * 150}{']' * 150}\n", f"a.{'.'.join('a' * 150)} = 1\n"):
        yield Corrupted("deep", deep.encode() + REFERENCE.encode(), "a", says="not a key")
    yield Corrupted("too-many-digits", f"a = {'9' * 5000}\n".encode(), says="too many digits")
    long = f'environment = "{"x" * 1_000_000}"\n'.encode()
    yield Corrupted("too-long", long, "environment", 1, "xxx…")


# What it extends


def extending() -> Iterator[Corrupted]:
    def of(value: str, says: str, **beside: bytes) -> Corrupted:
        files = {f"{name}.toml": content for name, content in beside.items()}
        return Corrupted("extends", f"extends = {value}\n".encode(), says=says, beside=files)

    yield of('"none.toml"', "No such file")
    yield of('"corrupted.toml"', "extends this file in turn")
    yield of('"./corrupted.toml"', "extends this file in turn")
    yield of('"."', "Is a directory")
    yield of('""', "Is a directory")
    yield of('"/"', "Is a directory")
    yield of('"corrupted.toml/more.toml"', "Not a directory")
    yield of(f'"{"x" * 5000}"', "File name too long")
    yield of('"a\\u0000b"', "null byte")
    yield of('"a\\nb"', "a\\nb', which ")
    for value, shown in (
        ("3", "3"),
        ("true", "true"),
        ("1979-05-27", "1979-05-27"),
        (f'["{LITERAL}"]', "a list"),
        (f'{{ a = "{LITERAL}" }}', "a table"),
    ):
        yield of(value, f"extends: should be the name of another target file, found {shown}")
    yield of('"other.toml"', "extends this file in turn", other=b'extends = "corrupted.toml"')
    yield of(
        '"other.toml"', "extends this file in turn", other=b'extends = "third.toml"', third=b'extends = "other.toml"'
    )
    yield of('"other.toml"', "not TOML", other=b"name =")
    yield of('"other.toml"', "not UTF-8", other=b"\xff")
    yield of('"other.toml"', "byte order mark", other=b"\xef\xbb\xbf" + REFERENCE.encode())
    where = site("reference", "sign_in.page")
    below = with_line("reference", where.number, 'page = "login"')
    yield of('"other.toml"', "other.toml, sign_in.page: should be a path", other=below)
    yield of('"other.toml"', f"line {where.number} of ", other=below)
    content = b'extends = "other.toml"\n\n[sign_in]\npage = "login"\n'
    yield Corrupted("extends", content, "sign_in.page", 4, beside={"other.toml": REFERENCE.encode()})
    content = b'extends = "other.toml"\n[sign_in]\nextends = "other.toml"\n'
    yield Corrupted("extends", content, "sign_in.extends", 3, "not a key", {"other.toml": REFERENCE.encode()})


def all_corrupted() -> list[Corrupted]:
    dice = random.Random(SEED)  # noqa: S311 - nothing depends on nobody guessing it
    return [
        *removed(),
        *dice.sample(list(misspelt(dice)), OF_EACH_RULE),
        *dice.sample(list(wrong_type(dice)), OF_EACH_RULE),
        *wrong_value(),
        *exclusive(),
        *other_ways_to_sign_in(),
        *tables(),
        *broken_line(dice),
        *broken_file(dice),
        *extending(),
    ]


CORRUPTED = all_corrupted()


def put(folder: Path, corrupted: Corrupted) -> Path:
    for name, content in corrupted.beside.items():
        (folder / name).write_bytes(content)
    file = folder / "corrupted.toml"
    file.write_bytes(corrupted.content)
    return file


def check(message: str, file: Path, corrupted: Corrupted) -> None:
    """That a message is one, for a person, about this mistake, and tells no secret."""
    first, *rest = message.split("\n")
    assert first.startswith("target file ")
    assert any(str(file.parent / name) in first for name in (file.name, *corrupted.beside))
    if mistakes := re.search(r": (\d+) mistakes?$", first):
        assert len(rest) == int(mistakes[1])
        assert all(re.match(r"  \S", line) for line in rest)
    else:
        assert rest == []
    assert SECRET not in message
    assert LITERAL not in message
    assert "Traceback" not in message
    assert corrupted.says in message
    if corrupted.key is not None:
        where = "" if corrupted.line is None else f"line {corrupted.line}, "
        assert re.search(rf"^  {re.escape(where + corrupted.key)}[.:]", message, re.MULTILINE), message
    elif corrupted.line is not None:
        assert re.search(rf"line {corrupted.line}\b", message), message


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AFRESH_MISSING", raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("source", GOOD)
def test_the_good_files_are_good(source: str, tmp_path: Path) -> None:
    file = tmp_path / "good.toml"
    file.write_bytes(GOOD[source].encode())

    assert read_target(file).name


def test_there_are_as_many_as_there_should_be_and_no_two_are_the_same() -> None:
    assert len({(corrupted.content, *corrupted.beside.values()) for corrupted in CORRUPTED}) >= HOW_MANY
    assert [(each.kind, each.content) for each in all_corrupted()] == [(each.kind, each.content) for each in CORRUPTED]


@pytest.mark.parametrize("corrupted", CORRUPTED, ids=lambda corrupted: corrupted.kind)
def test_a_corrupted_file_ends_in_one_message(corrupted: Corrupted, tmp_path: Path) -> None:
    file = put(tmp_path, corrupted)

    with pytest.raises(TargetError) as error:
        read_target(file)

    check(str(error.value), file, corrupted)


def test_what_is_no_file_is_named_as_such(tmp_path: Path) -> None:
    folder, loop = tmp_path / "folder.toml", tmp_path / "loop.toml"
    folder.mkdir()
    loop.symlink_to(loop)

    for file, says in (
        (folder, "Is a directory"),
        (loop, "Too many levels of symbolic links"),
        (tmp_path / "none.toml", "No such file or directory"),
    ):
        with pytest.raises(TargetError) as error:
            read_target(file)
        assert str(error.value) == f"target file {file}: {says}"


def on_the_command_line() -> list[Corrupted]:
    """One of each of these kinds."""
    kinds = ("misspelt", "wrong-value", "not-utf-8", "too-deep", "extends", "list-of-tables")
    return [next(each for each in CORRUPTED if each.kind == kind) for kind in kinds]


@pytest.mark.parametrize("corrupted", on_the_command_line(), ids=lambda corrupted: corrupted.kind)
def test_on_the_command_line_it_is_one_message_too(corrupted: Corrupted, tmp_path: Path) -> None:
    file = put(tmp_path, corrupted)

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--target", file, "e2e/test_scenarios.py"],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == USAGE_ERROR
    message = (ended.stdout + ended.stderr).strip()
    assert message.startswith("ERROR: ")
    check(message.removeprefix("ERROR: "), file, corrupted)
