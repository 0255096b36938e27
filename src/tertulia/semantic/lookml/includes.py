"""Which files an `include` means, and all a model reads through them."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from posixpath import dirname, normpath

from tertulia.semantic.lookml.findings import Findings
from tertulia.semantic.lookml.tree import Node

IMPORTED = "imported_projects"
_ENDINGS = ("", ".lkml")
_ANY_DEPTH = "**"


class Files:
    """The files of a project by path; those of the projects it imports stand in `imported_projects/NAME/`."""

    def __init__(self, parsed: Mapping[str, list[Node]], *, project: str, findings: Findings) -> None:
        self._parsed = parsed
        self._project = project
        self._findings = findings
        self._known: dict[tuple[str, str], list[str]] = {}

    def reached(self, model: str) -> list[Node]:
        """All parameters a model sees, in order: an include stands for what it brings in. Each file counts once."""
        nodes: list[Node] = []
        seen = {model}
        trail: list[tuple[str, Iterator[Node | str]]] = [(model, iter(self._parsed[model]))]
        while trail:
            path, rest = trail[-1]
            match next(rest, None):
                case None:
                    trail.pop()
                case str() as found if found not in seen:
                    seen.add(found)
                    trail.append((found, iter(self._parsed[found])))
                case Node(key="include") as node:
                    meant = self._meant(path, node)
                    self._warn_of_cycle(path, node, [other for other, _ in trail if other != path and other in meant])
                    trail.append((path, iter(meant)))
                case Node() as node:
                    nodes.append(node)
                case _:
                    pass
        return nodes

    def _warn_of_cycle(self, path: str, node: Node, closed: list[str]) -> None:
        if closed and not any("*" in pattern for pattern in node.listed):
            message = f"{path} and {closed[0]} include each other: what stands in which order is not certain."
            self._findings.warn(node.place, "include_cycle", path, message)

    def _meant(self, path: str, node: Node) -> list[str]:
        return [found for pattern in node.listed for found in self._matching(path, pattern, node)]

    def _matching(self, path: str, pattern: str, node: Node) -> list[str]:
        key = (dirname(path), pattern)
        if key not in self._known:
            self._known[key] = found = self._searched(path, pattern)
            if not found and "dashboard" not in pattern and not pattern.endswith((".topojson", ".strings.json")):
                self._report(pattern, node)
        return self._known[key]

    def _report(self, pattern: str, node: Node) -> None:
        if pattern.startswith("//"):
            project = pattern[2:].partition("/")[0]
            message = f"The imported project {project!r} is not here: put its files into {IMPORTED}/{project}/."
            self._findings.error(node.place, "missing_import", pattern, message)
        elif "*" in pattern:
            self._findings.warn(node.place, "empty_include", pattern, f"No file matches {pattern!r}.")
        else:
            self._findings.error(node.place, "missing_include", pattern, f"There is no file {pattern!r}.")

    def _searched(self, path: str, pattern: str) -> list[str]:
        for candidate in self._readings(path, pattern):
            found = self._paths(candidate, path)
            if found:
                return found
        return []

    def _readings(self, path: str, pattern: str) -> Iterator[str]:
        """What a pattern may mean, the likeliest first; all but the first are habits of old projects."""
        root = _root(path)
        if pattern.startswith("//"):
            yield f"{IMPORTED}/{pattern[2:]}"
            return
        if pattern.startswith("/"):
            inner = pattern.lstrip("/")
            yield root + inner
            first, _, rest = inner.partition("/")
            if first == self._project and rest:
                yield root + rest
            return
        folder = dirname(path)
        yield normpath(f"{folder}/{pattern}" if folder else pattern)
        yield root + pattern
        if "/" not in pattern:
            yield f"{root}**/{pattern}"

    def _paths(self, pattern: str, asking: str) -> list[str]:
        names = [pattern + ending for ending in _ENDINGS]
        if "*" not in pattern:
            return [name for name in names if name in self._parsed][:1]
        wanted = [list(_segments(name)) for name in names]
        return sorted(
            path for path in self._parsed if path != asking and any(_matches(path.split("/"), one) for one in wanted)
        )


def root_of(path: str) -> str:
    """The imported project a file belongs to, "" for the project itself."""
    return _root(path).removeprefix(f"{IMPORTED}/").removesuffix("/")


def _root(path: str) -> str:
    parts = path.split("/")
    return f"{IMPORTED}/{parts[1]}/" if parts[0] == IMPORTED and len(parts) > 2 else ""


def _segments(pattern: str) -> Iterator[str]:
    """`**.view` means `**/*.view`."""
    for part in pattern.split("/"):
        if _ANY_DEPTH in part:
            yield _ANY_DEPTH
        if part != _ANY_DEPTH:
            yield part.replace(_ANY_DEPTH, "*").replace("[", "[[]").replace("?", "[?]")


def _matches(parts: list[str], segments: list[str]) -> bool:
    """How much of the pattern the path so far may have used up, kept as a set: no pattern can make this slow."""
    states = _past_any_depth({0}, segments)
    for part in parts:
        moved = {at for at in states if segments[at : at + 1] == [_ANY_DEPTH]}
        moved |= {at + 1 for at in states if at < len(segments) and fnmatchcase(part, segments[at])}
        states = _past_any_depth(moved, segments)
    return len(segments) in states


def _past_any_depth(states: set[int], segments: list[str]) -> set[int]:
    found = set(states)
    for at in sorted(states):
        step = at
        while segments[step : step + 1] == [_ANY_DEPTH]:
            step += 1
            found.add(step)
    return found
