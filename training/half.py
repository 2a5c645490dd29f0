"""Stores a model's weights as float16: half the download for the same network.

    python half.py IN.onnx OUT.onnx

Each weight becomes a float16 tensor and a Cast to float32. So the model computes in float32, runs
wherever float32 models do, and differs from the original by the rounding of its weights only: by at
most 2^-11 of each, or 2^-25 for those below 2^-14.
"""

import argparse

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CAST_SINCE = 6  # Before, Cast took a type's name.
FREE_INITIALISERS_SINCE = 4  # Before, every initialiser was an input as well.


def halve(model):
    """A copy of an onnx.ModelProto with its weights in float16, checked.

    Kept in float32: what is too large for float16, and what is so small (biases, scales) that its
    Cast would take more bytes than are saved. Initialisers of subgraphs stay as they are.

    Raises ValueError where the opset has no such Cast.
    """
    twin = onnx.ModelProto()
    twin.CopyFrom(model)
    opset = next(entry.version for entry in twin.opset_import if entry.domain in ('', 'ai.onnx'))
    if opset < CAST_SINCE:
        raise ValueError(f'opset {opset}: Cast from float16 needs {CAST_SINCE} or newer')

    casts = []
    for tensor in twin.graph.initializer:
        stored, cast = _narrowed(tensor)
        if stored is not None and stored.ByteSize() + cast.ByteSize() < tensor.ByteSize():
            tensor.CopyFrom(stored)
            casts.append(cast)

    nodes = [*casts, *twin.graph.node]
    del twin.graph.node[:]
    twin.graph.node.extend(nodes)
    made = {cast.output[0] for cast in casts}
    fed = [value for value in twin.graph.input if value.name not in made]
    del twin.graph.input[:]
    twin.graph.input.extend(fed)
    twin.ir_version = max(twin.ir_version, FREE_INITIALISERS_SINCE)
    onnx.checker.check_model(twin, full_check=True)
    return twin


def _narrowed(tensor):
    """A float32 TensorProto as float16 and the Cast that restores it under its name, or Nones."""
    if tensor.data_type != TensorProto.FLOAT:
        return None, None
    values = numpy_helper.to_array(tensor)
    with np.errstate(over='ignore'):
        half = values.astype(np.float16)
    if np.isinf(half).any() and not np.isinf(values).any():
        return None, None
    stored = numpy_helper.from_array(half, f'{tensor.name}.float16')
    return stored, helper.make_node('Cast', [stored.name], [tensor.name], to=TensorProto.FLOAT)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('model')
    parser.add_argument('out')
    options = parser.parse_args()
    onnx.save(halve(onnx.load(options.model)), options.out)


if __name__ == '__main__':
    main()
