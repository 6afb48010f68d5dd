"""The page that a trace is exported to, opened from the disk in Chromium: everything is there, nothing runs."""

from __future__ import annotations

import pytest

from nbagents.tracing.capture.rows import SpanRow, TraceRow
from nbagents.tracing.record import TraceRecord

pytestmark = pytest.mark.browser

RUN = "window.__pwned=1"
HOSTILE = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</pre></details></section><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"<a href='javascript:{RUN}'>x</a>",
    f"<meta http-equiv=refresh content='0;url=javascript:{RUN}'>",
    f"<style>*{{background:url(javascript:{RUN})}}</style>",
    f"</title><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f'" onmouseover="{RUN}" x="',
    f"' onfocus='{RUN}' autofocus x='",
    f"<!--><script>{RUN}</script>-->",
    f"<![CDATA[<script>{RUN}</script>]]>",
    f"<math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"\u202e<script>{RUN}</script>\u202c",
    f"<scr\x00ipt>{RUN}</scr\x00ipt>",
]


class Payloads:
    """Every input, output and error is hostile, as text and inside JSON."""

    def payload(self, trace_id, seq):
        text = HOSTILE[seq]
        return {"input": text, "output": [{"content": text}], "data": {text: text}, "error": {"message": text}}


@pytest.fixture
def exported(tmp_path):
    """A trace whose every text is hostile, as a page."""
    spans = [
        SpanRow("t", n, f"s{n}", None, "function", text, n, n + 5, agent=text, model=text, error=text)
        for n, text in enumerate(HOSTILE)
    ]
    record = TraceRecord(TraceRow("t", "".join(HOSTILE), 0, 100), spans, Payloads())
    return record.export(tmp_path / "lamp.html")


def test_the_page_opens_anywhere_and_nothing_in_it_runs(exported, browser):
    """Every row opens by a click, every text is shown as it was written, and nothing is asked of any network."""
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.goto(exported.as_uri())
    rows = page.locator("summary")
    assert rows.count() == len(HOSTILE)
    rows.nth(3).click()
    assert page.locator("details[open] pre").first.inner_text() == HOSTILE[3]
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    shown = page.locator("section").inner_text()
    for text in HOSTILE:
        assert shown.count(text.replace("\x00", "")) >= 2
    page.locator(".name").first.hover()
    assert page.evaluate("window.__pwned") is None
    assert page.evaluate("document.scripts.length + document.images.length + document.forms.length") == 0
    assert asked == [exported.as_uri()]
    assert said == []
    page.close()
