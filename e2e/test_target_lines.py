"""On which line of a target file each key stands: where a message sends the person who wrote the file."""

from fixtures.target.lines import lines_of

LINES = """
name = "a" # = 1
text = '''
[no.table]
no = 1'''
[a]  # b
"b.c" = [ # two
  { d = 1 }, [2,

   3],
]
e.f = { g.h = 1, 'i' = [{ j = "]" }] }
[[list]]
k = 1979-05-27 07:32:00
[list.inner]
m = 1
[[list]]
k = 1.5
""".removeprefix("\n")


def test_the_line_of_each_key_is_known() -> None:
    assert lines_of(LINES) == {
        ("name",): 1,
        ("text",): 2,
        ("a",): 5,
        ("a", "b.c"): 6,
        ("a", "b.c", "0"): 7,
        ("a", "b.c", "0", "d"): 7,
        ("a", "b.c", "1"): 7,
        ("a", "b.c", "1", "0"): 7,
        ("a", "b.c", "1", "1"): 9,
        ("a", "e"): 11,
        ("a", "e", "f"): 11,
        ("a", "e", "f", "g"): 11,
        ("a", "e", "f", "g", "h"): 11,
        ("a", "e", "f", "i"): 11,
        ("a", "e", "f", "i", "0"): 11,
        ("a", "e", "f", "i", "0", "j"): 11,
        ("list",): 12,
        ("list", "0"): 12,
        ("list", "0", "k"): 13,
        ("list", "0", "inner"): 14,
        ("list", "0", "inner", "m"): 15,
        ("list", "1"): 16,
        ("list", "1", "k"): 17,
    }


def test_lines_go_on_after_an_inline_table_over_several_lines() -> None:
    """TOML 1.1 has them, which newer versions of Python read."""
    assert lines_of("a = {\n  b = 1,\n  # b = 2\n  c = 3,\n}\nd = 4\n") == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 4,
        ("d",): 6,
    }


def test_no_line_is_better_than_a_wrong_one() -> None:
    """The library writes ``[list.inner]`` beneath ``[[list]]``, wherever it stands."""
    assert lines_of("[[list]]\na = 1\n[other]\nb = 1\n[list.inner]\nc = 1\n") == {
        ("list",): 1,
        ("list", "0"): 1,
        ("list", "0", "a"): 2,
    }
