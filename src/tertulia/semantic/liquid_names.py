"""The names a liquid template may use, as python-liquid looks them up."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tertulia.core.errors import InvalidQuery
from tertulia.semantic.liquid import LiquidScope, full_name, parameter_sql

_ATTRIBUTE = re.compile(r"[A-Za-z0-9_ .,@-]*")
_FILTER = re.compile(r"[A-Za-z0-9_.@-]*")


class Given(Sequence[str]):
    """A text that somebody brought and that must not stand in SQL as it is: it compares, and it can be quoted."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self._name = name

    def __liquid__(self) -> str:
        return self.text

    def __contains__(self, part: object) -> bool:
        return str(part) in self.text

    def __getitem__(self, place: object) -> Any:
        raise InvalidQuery(f"{self._name} holds signs that may not stand in SQL one by one either.")

    def __len__(self) -> int:
        return len(self.text)

    def __str__(self) -> str:
        raise InvalidQuery(
            f"{self._name} holds signs that may not stand in SQL as they are; write it with | sql_quote."
        )


class Literal(Given):
    """SQL that is complete: it may be written, but not cut or changed."""

    def __str__(self) -> str:
        return self.text


class Names(Mapping[str, object]):
    """Everything that stands at the beginning of a path."""

    def __init__(self, scope: LiquidScope) -> None:
        self._scope = scope
        self._views = {name.partition(".")[0] for name in (*scope.fields, *scope.parameters)}
        self._fixed: dict[str, object] = {
            "_user_attributes": _Attributes(scope),
            "_filters": _Filters(scope),
            "_model": {"_name": scope.model},
            "_explore": {"_name": scope.explore},
            "_view": {"_name": scope.view},
            "_query": {"_query_timezone": scope.timezone},
            "now": scope.now,
            "today": scope.now.date(),
        }

    def __getitem__(self, name: str) -> object:
        if name in self._fixed:
            return self._fixed[name]
        own = f"{self._scope.view}.{name}"
        is_own = own in self._scope.fields or own in self._scope.parameters
        if name in self._views:
            return _View(name, self._scope, _Field(own, self._scope) if is_own else None)
        if is_own:
            return _Field(own, self._scope)
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter((*self._fixed, *self._views))

    def __len__(self) -> int:
        return len(self._fixed) + len(self._views)


class _Path:
    """The middle of a path: it has parts, and is nothing by itself."""

    def __init__(self, name: str, scope: LiquidScope) -> None:
        self._name = name
        self._scope = scope

    def __liquid__(self) -> object:
        raise InvalidQuery(f"Liquid uses {self._name} alone; ask for a part of it, such as {self._name}._in_query.")

    def __str__(self) -> str:
        return str(self.__liquid__())


class _Field(_Path):
    def __getitem__(self, key: str) -> object:
        scope = self._scope
        match key:
            case "_in_query":
                return self._name in scope.selected or self._name in scope.filtered
            case "_is_selected":
                return self._name in scope.selected
            case "_is_filtered":
                return self._name in scope.filtered
            case "_parameter_value":
                return self._parameter_value()
            case _:
                raise KeyError(key)

    def _parameter_value(self) -> object:
        sql = parameter_sql(self._name, self._scope)
        parameter = self._scope.parameters[self._name]
        is_free = parameter.type in {"string", ""} and not parameter.allowed
        return Literal(sql, self._name) if is_free else sql


class _View(_Path):
    def __init__(self, name: str, scope: LiquidScope, namesake: _Field | None) -> None:
        super().__init__(name, scope)
        self._namesake = namesake

    def __getitem__(self, key: str) -> object:
        full = f"{self._name}.{key}"
        if full in self._scope.fields or full in self._scope.parameters:
            return _Field(full, self._scope)
        if self._namesake is not None:
            return self._namesake[key]
        if key == "_in_query":
            used = (*self._scope.selected, *self._scope.filtered)
            return any(name.startswith(f"{self._name}.") for name in used)
        raise KeyError(key)


class _Attributes(_Path):
    def __init__(self, scope: LiquidScope) -> None:
        super().__init__("_user_attributes", scope)

    def __getitem__(self, key: str) -> object:
        text = ",".join(value for value in self._scope.attributes.get(key, ()) if value)
        if not text:
            raise InvalidQuery(f"This query needs the user attribute {key!r}, which you do not have.")
        is_safe = _ATTRIBUTE.fullmatch(text) and "--" not in text
        return text if is_safe else Given(text, f"The user attribute {key!r}")


class _Filters(_Path):
    def __init__(self, scope: LiquidScope) -> None:
        super().__init__("_filters", scope)

    def __getitem__(self, key: str) -> object:
        text = self._scope.filtered.get(full_name(key, self._scope), "")
        is_safe = _FILTER.fullmatch(text) and "--" not in text
        return text if is_safe else Given(text, f"The filter of {key}")
