"""What a person does on a page."""

import contextlib
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

from playwright.sync_api import Dialog, Locator, Page, Request, WebSocket, expect
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

WAIT_MS = 240_000
"""After how long something is taken not to happen any more: a limit for what is broken, no time that is waited."""

OVERFLOW_MS = 20_000
"""After how long a page that is too wide is taken to stay so."""

HEAR_MS = 500
"""How long a message is waited for before the wait is looked at again."""

_DRAWN = "() => new Promise(done => requestIdleCallback(done, {timeout: 1000}))"
"""Waits until the page has time; a page that always draws something, as a moving skeleton, may never have any."""

STILL = """
const still = new CSSStyleSheet();
still.replaceSync(`*, *::before, *::after {
    animation-duration: 0s !important; animation-iteration-count: 1 !important
}`);
document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
"""
"""Ends all that moves by itself: a wheel that turns while Spark works is drawn sixty times a second."""

ROW_HEIGHT = 33
"""Pixels of a table's line at the theme's font size."""


def watched(page: Page) -> Page:
    """Return the page, which stands still, and whose conversation with the server is listened to from now on."""
    page.add_init_script(STILL)
    _CONVERSATIONS[page] = _Conversation(page)
    return page


@contextlib.contextmanager
def answered(page: Page) -> Iterator[None]:
    """Do something on a page, and wait until the server's answer to it is drawn."""
    conversation = _CONVERSATIONS[page]
    asked = conversation.asked
    yield
    conversation.wait(lambda: conversation.asked > asked and conversation.at_rest)


def settled(page: Page) -> None:
    """Wait until all that the page has asked of the server is answered and drawn."""
    conversation = _CONVERSATIONS[page]
    conversation.wait(lambda: conversation.at_rest)


class _Conversation:
    """What a page asks of the server, and what it is answered, as its web socket carries it."""

    def __init__(self, page: Page) -> None:
        self.asked = 0
        """How often the page has asked to be drawn; what it asks by a timer does not count."""
        self._page = page
        self._waits = self._runs = False
        self._socket: WebSocket | None = None
        page.on("request", self._leave)
        page.on("websocket", self._listen)

    @property
    def at_rest(self) -> bool:
        """Whether nothing that was asked for is still to come."""
        return self.asked > 0 and not self._waits and not self._runs

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, and until the page has drawn what it was sent."""
        end = time.monotonic() + WAIT_MS / 1000
        while not condition():
            assert time.monotonic() < end, "the server has not answered the page"
            self._hear()
        self._page.evaluate(_DRAWN)
        expect(self._page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")

    def _hear(self) -> None:
        """Wait for the server's next message, or for a connection where there is none; not for long."""
        with contextlib.suppress(PlaywrightError):  # nothing has come, or the connection has ended
            if self._socket is None or self._socket.is_closed():
                self._page.wait_for_event("websocket", timeout=HEAR_MS)
            else:
                self._socket.wait_for_event("framereceived", timeout=HEAR_MS)

    def _leave(self, request: Request) -> None:
        if request.is_navigation_request() and request.frame == self._page.main_frame:
            self._waits = True

    def _listen(self, socket: WebSocket) -> None:
        self._socket = socket
        socket.on("framesent", self._note_question)
        socket.on("framereceived", self._note_answer)

    def _note_question(self, frame: bytes | str) -> None:
        sent = BackMsg.FromString(frame) if isinstance(frame, bytes) else BackMsg()
        if sent.HasField("rerun_script") and not sent.rerun_script.is_auto_rerun:
            self.asked += 1
            self._waits = True

    def _note_answer(self, frame: bytes | str) -> None:
        received = ForwardMsg.FromString(frame) if isinstance(frame, bytes) else ForwardMsg()
        if received.HasField("new_session"):
            self._waits, self._runs = False, True
        elif received.HasField("script_finished"):
            # A run that was cut short is followed by another one.
            self._runs = received.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN


_CONVERSATIONS: WeakKeyDictionary[Page, _Conversation] = WeakKeyDictionary()


def heading(page: Page, title: str) -> None:
    """Wait for a page's title."""
    expect(page.get_by_role("heading", level=1, name=title, exact=True)).to_be_visible()


def visit(page: Page, address: str, title: str) -> None:
    """Open an address, and wait until the page of this title is drawn."""
    page.goto(address)
    heading(page, title)
    settled(page)


def go_to(page: Page, name: str) -> None:
    """Follow a link of the sidebar's navigation, and wait for the page."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name, exact=True).click()
    heading(page, name)


def press(page: Page, name: str) -> None:
    """Press the page's button of a name, once the page has come to rest, and wait for the answer."""
    button = page.get_by_test_id("stMain").get_by_role("button", name=name, exact=True)
    expect(button).to_be_enabled()
    settled(page)
    with answered(page):
        button.click()


def show(page: Page, name: str, within: str = "stMain") -> None:
    """Click a choice of a name on the page, once the page has come to rest, and wait for the answer."""
    choice = page.get_by_test_id(within).get_by_text(name, exact=True)
    expect(choice).to_be_visible()
    settled(page)
    with answered(page):
        choice.click()


def enter(page: Page, field: Locator, value: object) -> None:
    """Type a value into a field, and wait for the answer."""
    settled(page)
    field.fill(str(value))
    with answered(page):
        field.press("Enter")


def choose_file(page: Page, path: Path) -> None:
    """Give a file to the page's first place for one, and wait for the answer."""
    settled(page)
    with answered(page):
        page.locator("input[type=file]").first.set_input_files(path)


def select_table_row(page: Page, line: int) -> None:
    """Click the check box of a line of the first table, and wait until the line is selected and the page drawn.

    The table is a canvas, with its cells beside it for people who cannot see it: once they are there, it hears a
    click.
    """
    settled(page)
    table = page.get_by_test_id("stDataFrame").first
    row = table.locator(f"tr[aria-rowindex='{line + 2}']")
    expect(row).to_be_attached()
    if row.get_attribute("aria-selected") != "true":
        with answered(page):
            table.click(position={"x": 15, "y": ROW_HEIGHT * (line + 1) + ROW_HEIGHT // 2})
    expect(row).to_have_attribute("aria-selected", "true")


def chart(page: Page, name: str | re.Pattern[str]) -> Locator:
    """Return the chart of an accessible name."""
    return page.get_by_test_id("stVegaLiteChart").and_(page.get_by_label(name))


def shown(page: Page, text: str) -> Locator:
    """Return a text where it can be seen; a table holds its cells once more where they cannot."""
    return page.get_by_test_id("stMain").get_by_text(text).filter(visible=True).first


def query_of(page: Page) -> dict[str, list[str]]:
    """Return what the URL says."""
    return parse_qs(urlsplit(page.url).query)


def chosen_row(page: Page) -> int | None:
    """Return the row in the URL."""
    found = query_of(page).get("row")
    return int(found[0]) if found else None


def run_of(page: Page) -> str:
    """Wait until the URL names a run, and return it."""
    expect(page).to_have_url(re.compile("run="))
    return query_of(page)["run"][0]


@contextlib.contextmanager
def requests_to_other_hosts(page: Page) -> Iterator[list[str]]:
    """Yield a list to which every address outside this machine is added that the page asks for in the block."""
    outside: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "file:")):
            outside.append(request.url)

    page.on("request", note)
    yield outside
    page.remove_listener("request", note)


@contextlib.contextmanager
def opened_dialogs(page: Page) -> Iterator[list[str]]:
    """Yield a list to which the message of every dialog is added that a script of the page opens in the block."""
    messages: list[str] = []

    def note(dialog: Dialog) -> None:
        messages.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    yield messages
    page.remove_listener("dialog", note)


def page_names(page: Page) -> list[str]:
    """Return the titles of all pages, from the sidebar's navigation."""
    links = page.get_by_test_id("stSidebarNav").get_by_role("link")
    expect(links.first).to_be_visible()
    return [name.strip().splitlines()[-1] for name in links.all_inner_texts()]


OVERFLOW = """(() => {
    const main = document.querySelector('[data-testid=stMain]'), all = document.documentElement;
    return Math.max(main.scrollWidth - main.clientWidth, all.scrollWidth - innerWidth);
})()"""


def overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window, once its charts have taken their width."""
    with contextlib.suppress(PlaywrightTimeout):
        page.wait_for_function(f"{OVERFLOW} === 0", timeout=OVERFLOW_MS)
    return int(page.evaluate(OVERFLOW))
