"""Citations that can be checked: where a quote stands in a chunk, and the address that shows it."""

import re
from urllib.parse import quote as percent_encoded


def verify(quote: str, text: str) -> str | None:
    """The span of a chunk's text that a quote repeats, verbatim as it stands there, or None.

    An exact match wins; otherwise runs of white space are taken as equal, since models and tables reflow them.
    """
    if not quote.strip():
        return None
    if quote in text:
        return quote
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    found = re.search(pattern, text)
    return None if found is None else found.group()


def reference_url(base_url: str, project_id: str, chunk_id: str, quote: str | None = None) -> str:
    """The address of a passage; with a quote that stands verbatim in the chunk, the page marks it."""
    url = f"{base_url.rstrip('/')}/{project_id}/reference/{chunk_id}"
    return f"{url}?verbatim={percent_encoded(quote, safe='')}" if quote else url
