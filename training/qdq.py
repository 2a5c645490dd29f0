"""Writes quantised convolutions into an ONNX model: the placement that engines call QDQ.

Before each, its image goes through QuantizeLinear and DequantizeLinear; its weights are int8 and
go through DequantizeLinear. What lies between convolutions stays float32. An engine that computes
in bytes makes one node of each; to any other it is the network with rounded values.
"""

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper

AXIS_SINCE = 13  # Before, there was one scale for all channels.


@dataclass(frozen=True)
class Bytes:
    """How a convolution is quantised.

    scale, zero_point: of its image, float32 and uint8. weight: int8 [outputs, inputs, h, w];
    scales: float32 [outputs].
    """

    scale: np.float32
    zero_point: np.uint8
    weight: np.ndarray
    scales: np.ndarray


def with_bytes(model, layers):
    """A copy of an onnx.ModelProto with convolutions quantised, checked.

    layers: {name of the initialiser that is a Conv's weights: Bytes}.

    Raises ValueError where the opset is too old, or where no Conv has weights of a name.
    """
    twin = onnx.ModelProto()
    twin.CopyFrom(model)
    opset = next(entry.version for entry in twin.opset_import if entry.domain in ('', 'ai.onnx'))
    if opset < AXIS_SINCE:
        raise ValueError(f'opset {opset}: a scale for each channel needs {AXIS_SINCE} or newer')

    graph = _Writer(twin.graph)
    for node in model.graph.node:
        layer = layers.get(node.input[1]) if node.op_type == 'Conv' else None
        if layer is not None:
            graph.quantise(node, layer)
        else:
            graph.nodes.append(node)
    missing = set(layers) - graph.replaced
    if missing:
        raise ValueError(f'No Conv has weights named {", ".join(sorted(missing))}')
    graph.finish()
    onnx.checker.check_model(twin, full_check=True)
    return twin


class _Writer:
    """A graph that is being rewritten: its new nodes and constants."""

    def __init__(self, graph):
        self.graph = graph
        self.nodes, self.constants, self.replaced = [], [], set()

    def quantise(self, conv, layer):
        image, weight, *bias = conv.input
        parameters = [
            self.constant(f'{weight}.image_scale', layer.scale),
            self.constant(f'{weight}.image_zero_point', layer.zero_point),
        ]
        stored = self.constant(f'{weight}.int8', layer.weight)
        scales = self.constant(f'{weight}.scales', layer.scales)
        quantised, restored = f'{weight}.image_uint8', f'{weight}.image'
        self.node('QuantizeLinear', [image, *parameters], quantised)
        self.node('DequantizeLinear', [quantised, *parameters], restored)
        self.node('DequantizeLinear', [stored, scales], weight, axis=0)
        twin = onnx.NodeProto()
        twin.CopyFrom(conv)
        twin.input[0] = restored
        self.nodes.append(twin)
        self.replaced.add(weight)

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], output, **attributes))

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def finish(self):
        kept = [tensor for tensor in self.graph.initializer if tensor.name not in self.replaced]
        for field, values in (('initializer', kept + self.constants), ('node', self.nodes)):
            self.graph.ClearField(field)
            getattr(self.graph, field).extend(values)
