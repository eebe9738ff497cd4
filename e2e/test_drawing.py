"""Pages get what they need to draw with WebGL, and nothing is drawn unless somebody wants it."""

from collections.abc import Callable

import pytest

from fixtures.page.drawing import KEEP
from fixtures.spa import Spa

# One frame, and the colour of its first pixel.
DRAW = """() => {
  const gl = document.createElement("canvas").getContext("webgl");
  gl.clearColor(1, 0, 0, 1);
  gl.clear(gl.COLOR_BUFFER_BIT);
  const pixel = new Uint8Array(4);
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
  return [gl.getError(), ...pixel];
}"""


@pytest.mark.parametrize(("kept", "seen"), [("", [0, 0, 0, 0, 0]), ("1", [0, 255, 0, 0, 255])], ids=["spared", "kept"])
def test_a_page_draws_only_where_somebody_wants_it(
    make_spa: Callable[[], Spa], monkeypatch: pytest.MonkeyPatch, kept: str, seen: list[int]
) -> None:
    monkeypatch.setenv(KEEP, kept)
    spa = make_spa()
    spa.open_sign_in_page()

    assert spa.page.evaluate(DRAW) == seen
