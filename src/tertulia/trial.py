"""One question to one model, timed: what `tertulia models try` does."""

import time
from typing import Any

from msgspec import Struct, structs

from tertulia.core.clock import now
from tertulia.core.errors import NotFound, TertuliaError
from tertulia.core.message import Usage, UserMessage
from tertulia.providers.model import ModelRequest, StepUsage, TextChunk
from tertulia.providers.roster import Roster


class Trial(Struct, frozen=True, kw_only=True):
    """What came back. Times in seconds from the request; `first_s` is None where no text came."""

    model: str
    text: str
    usage: Usage
    total_s: float
    first_s: float | None = None
    problem: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {**structs.asdict(self), "usage": structs.asdict(self.usage)}

    def as_text(self) -> str:
        first = "no text" if self.first_s is None else f"first text after {self.first_s:.2f} s"
        tokens = f"{self.usage.input_tokens} tokens in, {self.usage.output_tokens} out"
        lines = [self.text, f"-- {self.model}: {first}, all after {self.total_s:.2f} s; {tokens}"]
        if self.problem is not None:
            lines.append(f"-- {self.problem}")
        return "\n".join(line for line in lines if line)


async def try_once(roster: Roster, name: str, question: str) -> Trial:
    """Asks the model alone, without its fallbacks. Raises NotFound for a name that is not configured."""
    model = roster.single(name)
    if model is None:
        raise NotFound(f"There is no model {name}. Known are: {', '.join(roster.names)}.")
    message = UserMessage(turn=0, at=now(), text=question, user_id="")
    request = ModelRequest(instructions="Answer briefly.", messages=[message], functions=[])
    started = time.perf_counter()
    first_s: float | None = None
    texts: list[str] = []
    usage = Usage()
    problem: str | None = None
    try:
        async for chunk in model.stream(request):
            if isinstance(chunk, TextChunk):
                first_s = first_s or time.perf_counter() - started
                texts.append(chunk.text)
            elif isinstance(chunk, StepUsage):
                usage += roster.priced(name, chunk.usage)
    except TertuliaError as error:
        problem = error.message
    finally:
        await roster.close()
    total_s = time.perf_counter() - started
    return Trial(model=name, text="".join(texts), usage=usage, total_s=total_s, first_s=first_s, problem=problem)
