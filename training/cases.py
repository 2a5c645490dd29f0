"""A network, the inputs it is given, and what torch.onnx.export is told about them."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch


@dataclass
class Case:
    """One export.

    build: makes the network.
    inputs: name -> the shape of data to run it on, or the data (float32).
    opset: decides which operators there are to write the network with.
    outputs: names.
    free: axes left open in the model, as torch.onnx.export's dynamic_axes. The others keep the
        sizes of the export for good.
    traced: inputs to export with where they differ from those to run on (needs `free`).
    folded: whether what depends on constants only is computed by the export.
    half: whether weights are stored as float16 (half.py).
    """

    build: Callable[[], torch.nn.Module]
    inputs: dict
    opset: int
    outputs: tuple = ('output',)
    free: dict = field(default_factory=dict)
    traced: dict = field(default_factory=dict)
    folded: bool = True
    half: bool = False


def sample(value):
    """Data for an entry of `inputs` or `traced`: random in 0..1 where only a shape is given."""
    return value if isinstance(value, torch.Tensor) else torch.rand(value)


def export(case, model, path):
    """Writes `model`, which `case` has built, as ONNX to `path`."""
    torch.onnx.export(
        model,
        tuple(sample(case.traced.get(name, value)) for name, value in case.inputs.items()),
        path,
        opset_version=case.opset,
        dynamo=False,
        do_constant_folding=case.folded,
        input_names=list(case.inputs),
        output_names=list(case.outputs),
        dynamic_axes=case.free,
    )
