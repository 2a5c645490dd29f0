"""Models with weights in float16 against the same with those weights in float32."""

import unittest

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from half import halve


def convolution(weight, opset=13):
    """A Conv of x [1, C, h, w] with `weight` and a bias of one element each, as a ModelProto."""
    channels, inputs = weight.shape[:2]
    bias = np.linspace(-1, 1, channels, dtype=np.float32)
    graph = helper.make_graph(
        [helper.make_node('Conv', ['x', 'weight', 'bias'], ['y'])],
        'convolution',
        [helper.make_tensor_value_info('x', TensorProto.FLOAT, [1, inputs, 'h', 'w'])],
        [helper.make_tensor_value_info('y', TensorProto.FLOAT, [1, channels, 'p', 'q'])],
        [numpy_helper.from_array(weight, 'weight'), numpy_helper.from_array(bias, 'bias')],
    )
    opsets = [helper.make_opsetid('', opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def weights(seed=1):
    return np.random.default_rng(seed).normal(0, 0.1, (8, 4, 3, 3)).astype(np.float32)


def run(model, image):
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider']
    )
    return session.run(None, {'x': image})[0]


def stored(model):
    """name -> TensorProto.DataType of the initialisers."""
    return {tensor.name: tensor.data_type for tensor in model.graph.initializer}


class HalveTest(unittest.TestCase):
    def test_computes_with_the_rounded_weights(self):
        weight = weights()
        image = np.random.default_rng(2).random((1, 4, 9, 8), dtype=np.float32)
        rounded = convolution(weight.astype(np.float16).astype(np.float32))
        found = run(halve(convolution(weight)), image)
        np.testing.assert_array_equal(found, run(rounded, image))
        # Each of 36 products is off by 2^-11 of the weight, and by less of the image.
        bound = 2**-11 * np.abs(weight).sum(axis=(1, 2, 3)).max() + 1e-6
        np.testing.assert_allclose(found, run(convolution(weight), image), rtol=0, atol=bound)

    def test_halves_the_file(self):
        weight = np.ones((64, 32, 3, 3), np.float32)
        model = convolution(weight)
        saved = model.ByteSize() - halve(model).ByteSize()
        self.assertAlmostEqual(saved, weight.nbytes / 2, delta=100)

    def test_keeps_what_is_not_worth_a_cast(self):
        twin = halve(convolution(weights()))
        self.assertEqual(
            stored(twin), {'weight.float16': TensorProto.FLOAT16, 'bias': TensorProto.FLOAT}
        )
        self.assertEqual([node.op_type for node in twin.graph.node], ['Cast', 'Conv'])

    def test_keeps_what_is_too_large(self):
        weight = weights()
        weight[0, 0, 0, 0] = 65520  # the least that rounds to infinity
        self.assertEqual(halve(convolution(weight)), convolution(weight))
        weight[0, 0, 0, 0] = 65519
        self.assertIn('weight.float16', stored(halve(convolution(weight))))
        weight[0, 0, 0, 0] = np.inf
        self.assertIn('weight.float16', stored(halve(convolution(weight))))

    def test_leaves_its_argument_alone_and_does_nothing_twice(self):
        model = convolution(weights())
        twin = halve(model)
        self.assertEqual(model, convolution(weights()))
        self.assertEqual(halve(twin), twin)

    def test_weights_that_are_inputs_as_well(self):
        model = convolution(weights(), opset=8)
        model.ir_version = 3
        for tensor in model.graph.initializer:
            model.graph.input.append(
                helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            )
        twin = halve(model)
        self.assertEqual([value.name for value in twin.graph.input], ['x', 'bias'])
        self.assertEqual(twin.ir_version, 4)

    def test_keeps_metadata(self):
        model = convolution(weights())
        helper.set_model_props(model, {'fovea.scale': '2'})
        self.assertEqual(halve(model).metadata_props, model.metadata_props)

    def test_refuses_opsets_without_such_a_cast(self):
        with self.assertRaisesRegex(ValueError, 'opset 5: Cast'):
            halve(convolution(weights(), opset=5))
