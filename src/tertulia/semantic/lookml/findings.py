"""What the passes found wrong, each thing once."""

from tertulia.semantic.lookml.model import Finding, Place, Severity


class Unusable(Exception):
    """What stands here cannot be used; whoever builds the thing around it leaves it out and says why."""

    def __init__(self, place: Place, code: str, message: str) -> None:
        self.place = place
        self.code = code
        self.message = message
        super().__init__(message)


class Findings:
    """Keeps the order; the same finding from two models that share a view counts once."""

    def __init__(self) -> None:
        self._found: dict[Finding, None] = {}

    def error(self, place: Place, code: str, subject: str, message: str) -> None:
        self._found[Finding(place=place, code=code, subject=subject, message=message)] = None

    def warn(self, place: Place, code: str, subject: str, message: str) -> None:
        warning = Finding(place=place, code=code, subject=subject, message=message, severity=Severity.WARNING)
        self._found[warning] = None

    def refuse(self, subject: str, unusable: Unusable) -> None:
        self.error(unusable.place, unusable.code, subject, unusable.message)

    def keep(self, finding: Finding) -> None:
        self._found[finding] = None

    def all(self) -> list[Finding]:
        return list(self._found)
