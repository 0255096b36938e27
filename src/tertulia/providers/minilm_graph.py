"""The ONNX graph of MiniLM, built from its weights with `onnx` alone: no torch, no download.

minilm.py runs this module as a program, since making the file takes 0.6 GB that a server would not give back.
"""

import importlib
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from safetensors import numpy as safetensors

_DIMENSION = 384
_LAYERS = 6
_HEADS = 12
_HEAD_WIDTH = _DIMENSION // _HEADS
_EPSILON = 1e-12
_OPSET = 17
_IR_VERSION = 8

Weights: TypeAlias = Mapping[str, NDArray[np.float32]]


def quantize(weights: Path, path: Path) -> None:
    """Write the int8 model to `path`, at once or not at all."""
    quantization: Any = importlib.import_module("onnxruntime.quantization")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".minilm-") as folder:
        made = Path(folder) / path.name
        quantization.quantize_dynamic(
            float_model(weights), made, per_channel=True, weight_type=quantization.QuantType.QInt8
        )
        made.replace(path)


def float_model(weights: Path) -> onnx.ModelProto:
    """Inputs `input_ids` and `attention_mask` (int64, batch x length); output `embedding`, rows of length 1."""
    graph = _Graph(safetensors.load(weights.read_bytes()))
    embedding = graph.pooled(graph.encoded())
    int64, float32 = TensorProto.INT64, TensorProto.FLOAT
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "all-MiniLM-L6-v2",
            [
                helper.make_tensor_value_info("input_ids", int64, ["batch", "length"]),
                helper.make_tensor_value_info("attention_mask", int64, ["batch", "length"]),
            ],
            [helper.make_tensor_value_info(embedding, float32, ["batch", _DIMENSION])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
    )


class _Graph:
    """Nodes and constants of BERT as they are added; methods return the name of their result."""

    def __init__(self, weights: Weights) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self._weights = weights

    def encoded(self) -> str:
        """Hidden states, batch x length x width."""
        hidden = self._embedded()
        bias = self._attention_bias()
        for layer in range(_LAYERS):
            prefix = f"encoder.layer.{layer}."
            attended = self._attention(hidden, bias, prefix + "attention.")
            hidden = self._normalized(self._op("Add", attended, hidden), prefix + "attention.output.LayerNorm")
            wide = self._gelu(self._linear(hidden, prefix + "intermediate.dense"))
            narrow = self._linear(wide, prefix + "output.dense")
            hidden = self._normalized(self._op("Add", narrow, hidden), prefix + "output.LayerNorm")
        return hidden

    def pooled(self, hidden: str) -> str:
        """The mean over real tokens, scaled to length 1."""
        mask = self._op("Unsqueeze", self._mask(), self._integers([2]))
        total = self._op("ReduceSum", self._op("Mul", hidden, mask), self._integers([1]), keepdims=0)
        count = self._op("ReduceSum", mask, self._integers([1]), keepdims=0)
        mean = self._op("Div", total, count)
        return self._op("LpNormalization", mean, axis=-1, p=2, output="embedding")

    def _embedded(self) -> str:
        words = self._op("Gather", self._weight("embeddings.word_embeddings.weight"), "input_ids")
        length = self._op("Gather", self._op("Shape", "input_ids"), self._integers([1]))
        # Every text is a first sentence, so that one row of the token types joins the positions.
        places = self._weights["embeddings.position_embeddings.weight"]
        places = places + self._weights["embeddings.token_type_embeddings.weight"][0]
        zero = self._integers([0])
        places = self._op("Slice", self._constant(places), zero, length, zero)
        return self._normalized(self._op("Add", words, places), "embeddings.LayerNorm")

    def _mask(self) -> str:
        return self._op("Cast", "attention_mask", to=TensorProto.FLOAT)

    def _attention_bias(self) -> str:
        """Zero for real tokens and a huge negative number for padding, batch x 1 x 1 x length."""
        mask = self._op("Unsqueeze", self._mask(), self._integers([1, 2]))
        hidden = self._op("Sub", self._number(1.0), mask)
        return self._op("Mul", hidden, self._number(-10_000.0))

    def _attention(self, hidden: str, bias: str, prefix: str) -> str:
        query, key, value = (
            self._op("Reshape", self._linear(hidden, f"{prefix}self.{name}"), self._integers([0, 0, _HEADS, -1]))
            for name in ("query", "key", "value")
        )
        query = self._op("Transpose", query, perm=[0, 2, 1, 3])
        key = self._op("Transpose", key, perm=[0, 2, 3, 1])
        value = self._op("Transpose", value, perm=[0, 2, 1, 3])
        scores = self._op("Div", self._op("MatMul", query, key), self._number(_HEAD_WIDTH**0.5))
        shares = self._op("Softmax", self._op("Add", scores, bias), axis=-1)
        context = self._op("Transpose", self._op("MatMul", shares, value), perm=[0, 2, 1, 3])
        context = self._op("Reshape", context, self._integers([0, 0, _DIMENSION]))
        return self._linear(context, f"{prefix}output.dense")

    def _gelu(self, value: str) -> str:
        erf = self._op("Erf", self._op("Div", value, self._number(2**0.5)))
        return self._op("Mul", self._op("Mul", value, self._op("Add", erf, self._number(1.0))), self._number(0.5))

    def _linear(self, value: str, name: str) -> str:
        matrix = self._constant(self._weights[f"{name}.weight"].T)
        return self._op("Add", self._op("MatMul", value, matrix), self._weight(f"{name}.bias"))

    def _normalized(self, value: str, name: str) -> str:
        scale, bias = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._op("LayerNormalization", value, scale, bias, axis=-1, epsilon=_EPSILON)

    def _weight(self, name: str) -> str:
        return self._constant(self._weights[name])

    def _number(self, value: float) -> str:
        return self._constant(np.array(value, dtype=np.float32))

    def _integers(self, values: list[int]) -> str:
        return self._constant(np.array(values, dtype=np.int64))

    def _constant(self, value: NDArray[Any]) -> str:
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _op(self, kind: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        name = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name


if __name__ == "__main__":
    quantize(Path(sys.argv[1]), Path(sys.argv[2]))
