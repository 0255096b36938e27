"""EML: subject as heading, who wrote to whom and when, the plain body (or the HTML one), names of attachments."""

from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

from tertulia.retrieval.readers.manuscript import Manuscript
from tertulia.retrieval.readers.plain import decode
from tertulia.retrieval.readers.web_page import write_page

_SHOWN = ("From", "To", "Cc", "Date")


def read(data: bytes, manuscript: Manuscript) -> None:
    message = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
    subject = _header(message, "Subject")
    manuscript.title = subject or None
    manuscript.heading(1, subject)
    for at, name in enumerate(_SHOWN):
        if value := _header(message, name):
            (manuscript.line if at else manuscript.paragraph)(f"{name}: {value}")
    _write_body(message, manuscript)
    names = [name for part in message.walk() if part.is_attachment() and (name := part.get_filename())]
    if names:
        manuscript.paragraph(f"Attachments: {', '.join(names)}")


def _header(message: EmailMessage, name: str) -> str:
    # The standard library stumbles over some malformed headers; a mail is worth reading without them.
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, IndexError, AttributeError, TypeError):
        return ""


def _write_body(message: EmailMessage, manuscript: Manuscript) -> None:
    plain = message.get_body(("plain",))
    if plain is not None and (text := _text(plain)).strip():
        manuscript.paragraph(text)
        return
    page = message.get_body(("html",))
    if page is not None:
        subject, manuscript.title = manuscript.title, None
        write_page(_text(page), manuscript)
        manuscript.title = subject


def _text(part: MIMEPart) -> str:
    payload = part.get_payload(decode=True)
    return decode(payload, part.get_content_charset()) if isinstance(payload, bytes) else ""
