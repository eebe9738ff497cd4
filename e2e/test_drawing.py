"""Pages get what they need to draw with WebGL, and nothing is drawn unless somebody wants it."""

from collections.abc import Callable

import pytest

from fixtures.given.browser import pytest_configure
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


NOTHING, RED = [0, 0, 0, 0, 0], [0, 255, 0, 0, 255]


@pytest.mark.parametrize(("option", "seen"), [(False, NOTHING), (True, RED)], ids=["spared", "kept"])
def test_a_page_draws_only_where_somebody_wants_it(
    make_spa: Callable[[], Spa],
    pytestconfig: pytest.Config,
    monkeypatch: pytest.MonkeyPatch,
    *,
    option: bool,
    seen: list[int],
) -> None:
    monkeypatch.setenv(KEEP, "")
    monkeypatch.setattr(pytestconfig.option, "headed", False)
    monkeypatch.setattr(pytestconfig.option, "webgl", option)
    pytest_configure(pytestconfig)
    spa = make_spa()
    spa.open_sign_in_page()

    assert spa.page.evaluate(DRAW) == seen
