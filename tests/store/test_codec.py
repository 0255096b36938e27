"""What is stored reads back as it was, without the one sign that PostgreSQL refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.store import codec


@pytest.mark.parametrize(
    "text", ["a\x00b", "\\u0000", "\\\\u0000", "x\\\x00y", "\x00\x00", "\\\\\x00", "\\" * 5 + "\x00"]
)
def test_only_the_sign_itself_goes(text: str) -> None:
    assert codec.load(codec.dump(text), str) == text.replace("\x00", "")


@given(st.lists(st.text(st.sampled_from(["\x00", "\\", "u", "0", '"', "a"]), max_size=12)))
def test_nothing_else_is_touched(texts: list[str]) -> None:
    assert codec.load(codec.dump(texts), list[str]) == [text.replace("\x00", "") for text in texts]
