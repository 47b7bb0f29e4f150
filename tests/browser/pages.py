"""The page in a real browser, on every example: opened, pressed, searched, printed, judged by axe.

    pip install -e ".[browser]"
    pytest tests/browser/pages.py

It needs Chromium (``CHROMIUM`` names it if it isn't found); without it everything here fails, nothing is skipped. The
file's name keeps it out of the ordinary run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

import moniel2 as mn
from moniel2.backends.draw import DrawOptions, draw
from moniel2.backends.theme import theme

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.nn"))
SOME = ["googlenet", "transformer", "unet", "lstm"]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Pages made so far, by example."""
    return {"": tmp_path_factory.mktemp("pages")}


def page_of(name: str, drawn: dict[str, Path], **options: object) -> Path:
    key = f"{name}{''.join(map(str, options.values()))}"
    if key not in drawn:
        model = mn.load(ROOT / "examples" / f"{name}.nn").ir
        drawn[key] = drawn[""] / f"{key}.html"
        drawn[key].write_bytes(draw(model, DrawOptions(format="html", **options)))  # type: ignore[arg-type]
    return drawn[key]


@dataclass
class Visit:
    """A page that is open, and what it did that it shouldn't."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def seen(self) -> set[str]:
        """The paths of all nodes."""
        script = "Array.from(document.querySelectorAll('svg g[data-path]'), g => g.dataset.path)"
        return set(self.page.evaluate(script))

    def focused(self) -> str | None:
        path: str | None = self.page.evaluate(
            "document.activeElement.closest('svg') && (document.activeElement.dataset.path ??"
            " document.activeElement.parentNode.dataset.path)"
        )
        return path

    def status(self) -> str:
        return self.page.inner_text("#status")

    def axe(self) -> list[str]:
        # Pages have no colours half way.
        self.page.wait_for_timeout(300)
        self.page.evaluate(AXE)
        found = self.page.evaluate("axe.run(document)")
        return [f"{v['id']}: {v['help']} {v['nodes'][0]['html'][:120]}" for v in found["violations"]]


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    yield from _visit(browser, "light")


@pytest.fixture
def at_night(browser: Browser) -> Iterator[Visit]:
    yield from _visit(browser, "dark")


def _visit(browser: Browser, scheme: str) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": 1200, "height": 800}, color_scheme=scheme, bypass_csp=True, accept_downloads=True
    )
    found = Visit(context.new_page())
    page = found.page
    page.on("console", lambda message: found.wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.wrong.append(str(error)))
    page.on("request", lambda r: None if r.url.startswith(("file:", "data:", "blob:")) else found.wrong.append(r.url))
    yield found
    context.close()
    assert found.wrong == []


CLOSED = "svg g.block.closed.handle"


@pytest.mark.parametrize("name", [p.stem for p in EXAMPLES])
def test_works_on_every_example(name: str, visit: Visit, drawn: dict[str, Path]) -> None:
    page = visit.page
    page.goto(page_of(name, drawn).as_uri())
    first = visit.seen()
    assert page.locator("svg .node").count() > 2
    assert visit.axe() == []
    # A node shows what it is.
    node = page.locator("svg .node").nth(1)
    node.hover()
    assert page.inner_text("#facts h2")
    # Blocks open by mouse and close by key; the focus stays.
    if page.locator(CLOSED).count():
        block = page.locator(CLOSED).first
        path = block.get_attribute("data-path")
        block.click()
        inside = visit.seen() - first
        assert inside
        assert all(p.startswith(f"{path}/") for p in inside)
        assert visit.focused() == path
        assert "open=" in page.url
        # A link to this shows this.
        page.reload()
        assert visit.seen() == first | inside
        assert visit.focused() == path
        assert visit.axe() == []
        page.keyboard.press("Enter")
        assert visit.seen() == first
        assert visit.focused() == path
    # The arrows lead on.
    page.locator("svg .node[tabindex='0']").focus()
    before = visit.focused()
    page.keyboard.press("ArrowDown")
    if visit.focused() == before:
        page.keyboard.press("ArrowUp")
    assert visit.focused() is not None
    assert visit.focused() != before
    page.click("#close-all")
    page.click("#open-all")
    assert "open" in visit.status().lower()
    page.click("#as-first")
    assert visit.seen() == first


def test_back_undoes_what_opened_and_closed(visit: Visit, drawn: dict[str, Path]) -> None:
    """Step by step, and forward again; zoom, colours and what is pointed at are no steps."""
    page = visit.page
    page.goto(page_of("transformer", drawn).as_uri())
    start = page.evaluate("history.length")
    seen = [visit.seen()]
    for _ in range(2):
        page.locator(CLOSED).first.click()
        seen.append(visit.seen())
        page.locator("svg .node").nth(1).hover()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("+")
    page.select_option("#look", "dark")
    assert page.evaluate("history.length") == start + 2
    assert len(seen[2]) > len(seen[1]) > len(seen[0])
    zoom = page.inner_text("#level")
    for want in (seen[1], seen[0]):
        page.go_back()
        page.wait_for_function("count => document.querySelectorAll('svg g[data-path]').length === count", arg=len(want))
        assert visit.seen() == want
        assert visit.status().endswith("closed")
    page.go_forward()
    page.wait_for_function("count => document.querySelectorAll('svg g[data-path]').length === count", arg=len(seen[1]))
    assert visit.seen() == seen[1]
    assert page.inner_text("#level") == zoom and page.input_value("#look") == "dark"
    # Another link to the page is followed as a whole.
    page.evaluate("location.hash = '#open=none&look=light'")
    page.wait_for_function("document.documentElement.dataset.look === 'light'")
    assert visit.seen() != seen[1]
    page.go_back()
    page.wait_for_function("count => document.querySelectorAll('svg g[data-path]').length === count", arg=len(seen[1]))


@pytest.mark.parametrize("name", [p.stem for p in EXAMPLES])
def test_is_as_good_at_night(name: str, at_night: Visit, drawn: dict[str, Path]) -> None:
    at_night.page.goto(page_of(name, drawn).as_uri())
    background = at_night.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(v) for v in background[4:-1].split(",")) < 60
    filled = at_night.page.evaluate("getComputedStyle(document.querySelector('svg rect.t-page')).fill")
    assert filled == background
    assert at_night.axe() == []


@pytest.mark.parametrize("name", SOME)
def test_saves_what_is_seen(name: str, visit: Visit, drawn: dict[str, Path], tmp_path: Path) -> None:
    visit.page.goto(page_of(name, drawn).as_uri())
    with visit.page.expect_download() as waiting:
        visit.page.click("#save")
    waiting.value.save_as(tmp_path / "saved.svg")
    model = mn.load(ROOT / "examples" / f"{name}.nn").ir
    assert (tmp_path / "saved.svg").read_bytes() == draw(model, DrawOptions())


def test_saves_dark_what_is_dark(at_night: Visit, drawn: dict[str, Path], tmp_path: Path) -> None:
    at_night.page.goto(page_of("lstm", drawn).as_uri())
    with at_night.page.expect_download() as waiting:
        at_night.page.click("#save")
    waiting.value.save_as(tmp_path / "saved.svg")
    model = mn.load(ROOT / "examples" / "lstm.nn").ir
    assert (tmp_path / "saved.svg").read_bytes() == draw(model, DrawOptions(theme="dark"))


def test_saves_dark_what_is_dark_of_other_views_too(at_night: Visit, drawn: dict[str, Path], tmp_path: Path) -> None:
    at_night.page.goto(page_of("lenet", drawn, view="volumes").as_uri())
    with at_night.page.expect_download() as waiting:
        at_night.page.click("#save")
    waiting.value.save_as(tmp_path / "saved.svg")
    colours = set(re.findall('(?:fill|stroke)="([^"]+)"', (tmp_path / "saved.svg").read_text("utf-8")))
    inks = theme("dark").inks
    dark = {f"rgb({', '.join(str(int(inks[k].fill[n : n + 2], 16)) for n in (1, 3, 5))})" for k in ("page", "text")}
    assert dark <= colours
    assert not any(colour.startswith("#") for colour in colours)


def test_a_drag_is_no_press(visit: Visit, drawn: dict[str, Path]) -> None:
    """A frame is large: who drags it wants to move the picture, who presses it wants to close it."""
    page = visit.page
    page.goto(page_of("gpt2", drawn).as_uri())
    before = visit.seen()
    frame = page.locator("svg .handle[aria-expanded=true]").first.bounding_box()
    assert frame is not None
    x, y = frame["x"] + 12, frame["y"] + 300
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 120, steps=4)
    page.mouse.up()
    page.wait_for_timeout(50)
    assert page.evaluate("document.getElementById('stage').scrollTop") == pytest.approx(120, abs=2)
    assert visit.seen() == before
    page.mouse.click(x, y - 60)
    assert visit.seen() < before


def test_keys_work_from_the_start(visit: Visit, drawn: dict[str, Path]) -> None:
    page = visit.page
    page.goto(page_of("lenet", drawn).as_uri())
    page.keyboard.press("/")
    page.keyboard.type("+0-")  # in a field they are letters
    assert page.input_value("#find") == "+0-"
    assert "zoom=" not in page.url


def test_what_is_lit_is_not_printed(visit: Visit, drawn: dict[str, Path]) -> None:
    page = visit.page
    page.goto(page_of("lenet", drawn).as_uri())
    colour = "Array.from(document.querySelectorAll('path.wire'), e => getComputedStyle(e).stroke)"
    before = page.evaluate(colour)
    page.locator("svg g.op.conv").first.hover()
    page.wait_for_timeout(300)
    assert page.evaluate(colour) != before
    page.emulate_media(media="print")
    page.wait_for_timeout(300)
    assert page.evaluate(colour) == before


def test_finds_what_is_inside_closed_blocks(visit: Visit, drawn: dict[str, Path]) -> None:
    page = visit.page
    page.goto(page_of("resnet", drawn).as_uri())
    page.click("#close-all")
    page.locator("svg .node[tabindex='0']").focus()
    page.keyboard.press("/")
    page.keyboard.type("layer3 conv2")
    options = page.locator("#hits [role=option]")
    assert options.count() > 0
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#find", "aria-activedescendant") == "hit-0"
    page.keyboard.press("Enter")
    path = visit.focused()
    assert path is not None
    assert path.startswith("layer3/")
    assert path.endswith("conv2")
    assert page.locator("#hits").is_hidden()
    page.fill("#find", "conv 7x7")  # as it is typed, not as it is printed
    assert page.locator("#hits [role=option]").first.inner_text().startswith("Conv 7×7")
    page.fill("#find", "no such thing")
    assert visit.status() == "nothing found"


def test_shows_facts_and_lights_the_way_of_a_tensor(visit: Visit, drawn: dict[str, Path]) -> None:
    page = visit.page
    page.goto(page_of("lenet", drawn).as_uri())
    conv = page.locator("svg g.op.conv").first
    conv.hover()
    facts = page.inner_text("#facts")
    assert "156" in facts
    assert "parameters" in facts
    assert page.locator("path.wire.lit").count() == 2
    page.mouse.move(2, 500)
    assert page.locator("path.lit").count() == 0


def test_what_is_lit_is_seen_at_night_too(at_night: Visit, drawn: dict[str, Path]) -> None:
    page = at_night.page
    page.goto(page_of("lenet", drawn).as_uri())
    colour = "e => getComputedStyle(e).stroke"
    quiet = page.locator("path.wire").last.evaluate(colour)
    page.locator("svg g.op.conv").first.hover()
    assert page.locator("path.wire.lit").first.evaluate(colour) != quiet
    page.locator("svg .node[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    spot = page.locator("svg .spot rect").first.evaluate(colour)
    assert spot == page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--focus') && "
        "(() => { const e = document.createElement('i'); e.style.color = 'var(--focus)'; document.body.append(e);"
        " return getComputedStyle(e).color; })()"
    )


def test_a_tensor_is_one_through_frames(visit: Visit, drawn: dict[str, Path]) -> None:
    """In a residual block the input goes to the first convolution and to the sum: one tensor, from outside."""
    page = visit.page
    page.goto(page_of("resnet_blocks", drawn, depth=3).as_uri())
    source = page.evaluate(
        """() => {
          const counts = {};
          for (const { dataset: { source } } of document.querySelectorAll('path.wire'))
            counts[source] = (counts[source] ?? 0) + 1;
          return Object.entries(counts).find(([, n]) => n > 1)[0];
        }"""
    )
    line = page.locator(f"path.wire[data-source='{source}'] + path.reach").first
    line.dispatch_event("pointerenter")
    assert page.locator("path.wire.lit").count() > 1
    assert "Tensor" in page.inner_text("#facts h2")


def test_zooms_and_pans(visit: Visit, drawn: dict[str, Path]) -> None:
    page = visit.page
    page.goto(page_of("googlenet", drawn).as_uri())
    width = "document.querySelector('svg').getBoundingClientRect().width"
    before = page.evaluate(width)
    page.click("#closer")
    assert page.evaluate(width) == pytest.approx(before * 1.25, rel=0.01)
    assert "zoom=" in page.url
    page.mouse.move(500, 400)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    page.wait_for_timeout(200)
    assert page.evaluate(width) > before * 1.4
    page.locator("svg .node[tabindex='0']").focus()
    for _ in range(6):
        page.keyboard.press("+")
    top = page.evaluate("document.getElementById('stage').scrollTop")
    page.mouse.move(20, 600)
    page.mouse.down()
    page.mouse.move(20, 500, steps=3)
    page.mouse.up()
    assert page.evaluate("document.getElementById('stage').scrollTop") == pytest.approx(top + 100, abs=2)
    page.locator("svg .node[tabindex='0']").focus()
    page.keyboard.press("0")
    stage = page.locator("#stage").bounding_box()
    figure = page.locator("svg").bounding_box()
    assert stage is not None
    assert figure is not None
    assert figure["height"] <= stage["height"] + 1


def test_two_fingers_zoom_and_one_pans(browser: Browser, drawn: dict[str, Path]) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(page_of("googlenet", drawn).as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 360  # nothing sticks out of a narrow window
    hand = context.new_cdp_session(page)

    def touch(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": k} for k, (x, y) in enumerate(fingers)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    between = """() => {
      const box = document.querySelector("#stage > svg").getBoundingClientRect();
      return [(180 - box.left) / box.width, (300 - box.top) / box.height, box.width];
    }"""
    x, y, wide = page.evaluate(between)
    touch("touchStart", (150, 300), (210, 300))
    for step in range(1, 8):
        touch("touchMove", (150 - 8 * step, 300), (210 + 8 * step, 300))
    touch("touchEnd")
    x2, y2, wide2 = page.evaluate(between)
    assert wide2 > 2 * wide
    assert (x2, y2) == pytest.approx((x, y), abs=0.02)
    assert page.evaluate("visualViewport.scale") == 1
    before = page.evaluate("document.getElementById('stage').scrollTop")
    touch("touchStart", (180, 350))
    for step in range(1, 8):
        touch("touchMove", (180, 350 - 15 * step))
    touch("touchEnd")
    page.wait_for_function(f"document.getElementById('stage').scrollTop > {before + 40}")
    context.close()


def test_light_and_dark_by_choice(visit: Visit, drawn: dict[str, Path]) -> None:
    page = visit.page
    page.goto(page_of("alexnet", drawn).as_uri())
    page.select_option("#look", "dark")
    assert "look=dark" in page.url
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == dark
    assert page.input_value("#look") == "dark"


@pytest.mark.parametrize("name", SOME)
def test_prints(name: str, at_night: Visit, drawn: dict[str, Path]) -> None:
    """On white paper, without the tools."""
    page = at_night.page
    page.goto(page_of(name, drawn).as_uri())
    page.emulate_media(media="print")
    assert page.locator(".tools").is_hidden()
    assert page.locator("aside").is_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('svg rect.t-page')).fill") == "rgb(255, 255, 255)"
    assert page.locator("svg").evaluate("e => e.getBoundingClientRect().width <= document.body.clientWidth + 1")
    assert len(page.pdf()) > 3000


def test_is_a_picture_without_a_script(browser: Browser, drawn: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(page_of("transformer", drawn).as_uri())
    assert page.locator("svg").is_visible()
    assert page.locator(".tools").is_hidden()
    context.close()


def test_moves_nothing_for_those_who_ask(browser: Browser, drawn: dict[str, Path]) -> None:
    for motion, expected in (("reduce", 0), ("no-preference", 1)):
        context = browser.new_context(reduced_motion=motion)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(page_of("googlenet", drawn).as_uri())
        # Asked in the same breath, so that a slow machine doesn't miss what lasts a fifth of a second.
        moving = page.evaluate(
            f"""() => {{
              document.querySelector("{CLOSED}").dispatchEvent(new MouseEvent("click", {{ bubbles: true }}));
              return document.getAnimations().filter((a) => !a.transitionProperty).length;
            }}"""
        )
        assert min(moving, 1) == expected
        context.close()


@pytest.mark.parametrize("view", ["overview", "tensors", "volumes", "neurons"])
def test_other_views_have_a_page_too(view: str, visit: Visit, drawn: dict[str, Path]) -> None:
    page = visit.page
    page.goto(page_of("alexnet", drawn, view=view).as_uri())
    assert visit.axe() == []
    assert page.locator("#open-all").count() == 0
    page.click("#closer")
    # What is in them can be found, reached and asked.
    page.keyboard.press("/")
    page.keyboard.type("conv 11")
    page.keyboard.press("Enter")
    path = visit.focused()
    assert path is not None
    assert path.startswith("features/")
    assert page.inner_text("#facts h2").startswith("Conv")
    assert "Conv(channels = 64, kernel = 11" in page.inner_text("#facts")
    assert page.locator("path.wire.lit").count() > 0
    page.keyboard.press("ArrowRight" if view != "overview" else "ArrowDown")
    assert visit.focused() != path
    assert visit.axe() == []
