"""Other web sites, in a real browser: none shows the dashboard in a frame, or reaches it by a name of its own."""

import http.server
import threading
import urllib.error
import urllib.request

import pytest

pytestmark = pytest.mark.browser


def test_another_site_cannot_frame_the_dashboard(server, browser):
    body = f'<iframe src="{server.url}" onload="document.title=\'loaded\'"></iframe>'.encode()

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        page = browser.new_page()
        with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
            page.goto(f"http://localhost:{site.server_port}/")
        page.close()
        site.shutdown()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8501"])
def test_a_name_of_another_site_that_points_here_gets_nothing(server, host):
    for path in ("/", "/_stcore/host-config", "/_stcore/stream"):
        request = urllib.request.Request(f"{server.url}{path}", headers={"Host": host})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        with caught.value as answer:
            assert answer.code == 400
