"""What a visit has found, written as its two files."""

from pathlib import Path

from fixtures.discovery.discover import Discovery
from fixtures.discovery.writing import found_file, owners_file
from fixtures.target import found_beside


def write_what_is_found(visit: Discovery, file: Path) -> str:
    """Visit the app, and write the target file and what lies beside it. The text of both, which has nothing secret."""
    found = visit.run()
    text = owners_file(found, file), found_file(found, file)
    assert visit.redact("".join(text)) == "".join(text), "something secret is in the files"
    file.write_text(text[0], encoding="utf-8")
    found_beside(file).write_text(text[1], encoding="utf-8")
    return "".join(text)
