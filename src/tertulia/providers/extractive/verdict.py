"""Whether the best sentence answers the question, as a probability. Constants are fitted by tests/providers/evaluate_builtin.py."""

import math
from collections.abc import Sequence

from msgspec import Struct

from tertulia.providers.extractive.evidence import Evidence
from tertulia.providers.extractive.question import AnswerKind, Term

_HARD = frozenset(
    (
        AnswerKind.COUNT,
        AnswerKind.MONEY,
        AnswerKind.DURATION,
        AnswerKind.FREQUENCY,
        AnswerKind.MOMENT,
        AnswerKind.PERSON,
    )
)
_CONTACTS = frozenset((AnswerKind.EMAIL, AnswerKind.PHONE, AnswerKind.LINK))


class Features(Struct, frozen=True, kw_only=True):
    """What the verdict looks at, each in [0, 1] or near it."""

    cosine: float
    coverage: float
    lead: float
    missing_keys: float
    unseen: float
    lacks_kind: float
    contrast: float
    unphrased: float
    elsewhere: float
    head_missing: float

    def values(self) -> list[float]:
        return [
            self.cosine,
            self.coverage,
            self.lead,
            self.missing_keys,
            self.unseen,
            self.lacks_kind,
            self.contrast,
            self.unphrased,
            self.elsewhere,
            self.head_missing,
        ]


class Scale(Struct, frozen=True):
    """A logistic regression over Features.values()."""

    weights: tuple[float, ...]
    bias: float

    def probability(self, features: Features) -> float:
        total = self.bias + sum(weight * value for weight, value in zip(self.weights, features.values(), strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


# `elsewhere` is rare in the questions fitted on; its weight is set by hand, since naming the wrong thing misleads most.
WITH_MEANING = Scale((4.1, 2.7, 2.6, -1.4, -0.15, -2.2, -0.5, -0.65, -0.8, -0.45), -2.65)
WORDS_ONLY = Scale((0.0, 4.1, 2.4, -1.25, -0.6, -2.15, -0.25, -0.7, -0.8, -0.3), -1.6)


def features(evidence: Evidence) -> Features | None:
    """None where there is no sentence at all."""
    best = evidence.best
    if best is None:
        return None
    own = evidence.question.own
    total = sum(term.weight for term in own) or 1.0
    keys = [term for term in best.missing if term.is_key]
    return Features(
        cosine=best.cosine or 0.0,
        coverage=best.coverage,
        lead=best.score - (evidence.findings[1].score if len(evidence.findings) > 1 else 0.0),
        missing_keys=sum(term.weight for term in keys) / total,
        unseen=sum(term.weight for term in evidence.unseen) / total,
        lacks_kind=_lacking(evidence.question.kind) * (1 - best.fit),
        contrast=float(best.has_contrast),
        unphrased=1 - best.phrase,
        elsewhere=float(any(term in evidence.named for term in best.missing)),
        head_missing=float(_head(own) in best.missing),
    )


def confidence(evidence: Evidence) -> float:
    """The probability in [0, 1] that the best sentence answers the question."""
    found = features(evidence)
    if found is None or evidence.best is None:
        return 0.0
    scale = WORDS_ONLY if evidence.best.cosine is None else WITH_MEANING
    return scale.probability(found)


def _lacking(kind: AnswerKind) -> float:
    return 2.0 if kind in _CONTACTS else float(kind in _HARD)


def _head(terms: Sequence[Term]) -> Term | None:
    """What the question is about: its first word of weight."""
    return next((term for term in terms if term.is_key), None)
