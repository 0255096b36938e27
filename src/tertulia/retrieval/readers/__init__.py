"""One reader for each kind of file; they run in the child process of parse.py only."""

from pathlib import Path

from msgspec.structs import replace

from tertulia.retrieval.parse import ParsedDocument, ParseFailed, ParseLimits
from tertulia.retrieval.readers import mail, plain, sheets, slides, web_page, word
from tertulia.retrieval.readers.file_kind import PACKAGES, Kind, detect, named_kind
from tertulia.retrieval.readers.manuscript import Manuscript
from tertulia.retrieval.readers.package import check_expansion


def read(path: Path, *, name: str, content_type: str, limits: ParseLimits) -> ParsedDocument:
    """Raises ParseFailed, or whatever a reader stumbles over in a damaged file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ParseFailed("The stored file cannot be opened.", detail=str(error)) from None
    kind = detect(data, name=name, content_type=content_type)
    if kind in PACKAGES:
        check_expansion(data, kind, limits.expanded_bytes)
    manuscript = Manuscript(limits.characters)
    _write(data, kind, manuscript, limits)
    return replace(manuscript.finish(kind), note=_note(kind, named_kind(name, "")))


def _write(data: bytes, kind: Kind, manuscript: Manuscript, limits: ParseLimits) -> None:
    match kind:
        case Kind.PDF:
            from tertulia.retrieval.readers import pdf  # noqa: PLC0415 - loads PDFium, which only a PDF needs

            pdf.read(data, manuscript, limits)
        case Kind.DOCX:
            word.read(data, manuscript)
        case Kind.PPTX:
            slides.read(data, manuscript, limits)
        case Kind.XLSX:
            sheets.read(data, manuscript, limits)
        case Kind.HTML:
            web_page.read(data, manuscript)
        case Kind.EML:
            mail.read(data, manuscript)
        case Kind.MARKDOWN | Kind.TEXT | Kind.CSV | Kind.JSON:
            plain.read(data, kind, manuscript)


def _note(kind: Kind, claimed: Kind | None) -> str | None:
    if claimed is None or claimed is kind:
        return None
    return f"The name says {claimed.label}, but the content is a {kind.label}: it was read as that."
