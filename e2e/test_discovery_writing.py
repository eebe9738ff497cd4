"""How discovery lays out the file that it writes."""

import tomllib

from fixtures.discovery.writing.statements import Line, Missing, Table
from fixtures.discovery.writing.toml import text_of
from fixtures.target import Find

TABLES = [
    Table("", [Line("name", 'a "shop"\n', "What reports call it.")]),
    Table(
        "refresh",
        [
            Line(
                "request", {"line": "POST /graphql", "body": {"/operationName": "Renew"}}, "Seen twice.", is_sure=False
            ),
            Missing("sends", "/refresh_token", "Where it has the refresh token."),
        ],
    ),
    Table("sign_out", [Missing("control", Find(role="button", name="Sign out"), "How a user signs out.")]),
    Table(
        "pages",
        [
            Line("calls", {"path": "/", "controls": [Find(text="A"), Find(text="B")]}, "word " * 25),
            Line("paths", ["/api/", "/v2/"], "Both."),
        ],
    ),
    Table("policy", [Line("renews_on_401", value=True, why="It did."), Line("early_renewal", 60, "Measured.")]),
]
TEXT = """\
# Found out.

# What reports call it.
name = "a \\"shop\\"\\n"

[refresh]
# unsure: Seen twice.
request = { line = "POST /graphql", body = { "/operationName" = "Renew" } }
# Where it has the refresh token.
# sends = "/refresh_token"

# [sign_out]
# How a user signs out.
# control = { role = "button", name = "Sign out" }

[pages]
# word word word word word word word word word word word word word word word word word word word word word word word
# word word
calls = { path = "/", controls = [{ text = "A" }, { text = "B" }] }
# Both.
paths = ["/api/", "/v2/"]

[policy]
# It did.
renews_on_401 = true
# Measured.
early_renewal = 60
"""


def test_each_key_has_its_reason_above_it_and_each_table_is_on_one_line() -> None:
    assert text_of("Found out.", TABLES) == TEXT


def test_what_is_written_can_be_read() -> None:
    assert tomllib.loads(text_of("Found out.", TABLES)) == {
        "name": 'a "shop"\n',
        "refresh": {"request": {"line": "POST /graphql", "body": {"/operationName": "Renew"}}},
        "pages": {"calls": {"path": "/", "controls": [{"text": "A"}, {"text": "B"}]}, "paths": ["/api/", "/v2/"]},
        "policy": {"renews_on_401": True, "early_renewal": 60},
    }
