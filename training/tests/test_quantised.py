"""Quantised convolutions against onnxruntime, and the gradients that they learn by."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper

from export import by_onnxruntime, export, literal_session, load_onnx
from model import LumaNet
from qdq import with_bytes
from quantised import (
    PACE,
    Quantise,
    QuantisedConv,
    convolutions,
    quantise,
    quantised_layers,
    ranges,
    unquantised,
)


def rounded_by_onnxruntime(values, scale, zero_point):
    parameters = ['scale', 'zero_point']
    nodes = [
        helper.make_node('QuantizeLinear', ['x', *parameters], ['q']),
        helper.make_node('DequantizeLinear', ['q', *parameters], ['y']),
    ]
    inputs = [
        helper.make_tensor_value_info('x', TensorProto.FLOAT, [None]),
        helper.make_tensor_value_info('scale', TensorProto.FLOAT, []),
        helper.make_tensor_value_info('zero_point', TensorProto.UINT8, []),
    ]
    outputs = [helper.make_tensor_value_info('y', TensorProto.FLOAT, [None])]
    graph = helper.make_graph(nodes, 'rounding', inputs, outputs)
    opsets = [helper.make_opsetid('', 13)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=7)
    feeds = {'x': values, 'scale': scale, 'zero_point': zero_point.astype(np.uint8)}
    return literal_session(model.SerializeToString()).run(None, feeds)[0]


def random_network(scale, seed=4):
    """A collapsed network of a few channels; one channel has no weights at all."""
    torch.manual_seed(seed)
    network = LumaNet(scale, channels=6, blocks=3).collapse().eval().requires_grad_(False)
    for part in network.modules():
        if isinstance(part, torch.nn.PReLU):
            part.weight.uniform_(-0.3, 0.6)
        elif isinstance(part, torch.nn.Conv2d):
            part.bias.uniform_(-0.1, 0.1)
    network.body[0].weight[2] = 0
    return network


def quantised_network(scale, ends):
    network = random_network(scale)
    images = [torch.rand(1, 1, 24, 20)]
    return quantise(network, ranges(network, convolutions(network, ends), images))


class QuantiseTest(unittest.TestCase):
    def test_rounds_as_onnxruntime(self):
        for low, high in ((-0.3, 1.1), (0, 1), (0.2, 1), (-1, -0.2), (-1, 0), (0, 0), (-2, 255)):
            with self.subTest(low=low, high=high):
                layer = Quantise(low, high).requires_grad_(False)
                scale, zero = (value.numpy() for value in layer.parameters_of_file())
                halves = (np.arange(-600, 600, dtype=np.float32) / 2) * scale
                random = np.random.default_rng(1).uniform(-3, 3, 10_000).astype(np.float32)
                values = np.concatenate([halves, random])
                wanted = rounded_by_onnxruntime(values, scale, zero)
                np.testing.assert_array_equal(layer(torch.from_numpy(values)).numpy(), wanted)

    def test_zero_stays_zero(self):
        for low, high in ((-0.37, 1.13), (0.2, 1), (-1, -0.2), (0, 0)):
            self.assertEqual(0, Quantise(low, high)(torch.zeros(1)).item())

    def test_gradient_passes_inside_of_the_range_only(self):
        x = torch.tensor([-5.0, -0.4, 0.123, 0.9, 5.0], requires_grad=True)
        Quantise(-0.5, 1)(x).sum().backward()
        self.assertEqual([0, 1, 1, 1, 0], x.grad.tolist())

    def test_what_is_cut_off_moves_its_end_of_the_range(self):
        # What lies beyond an end becomes it: so that is the derivative.
        for value, wanted in ((50.0, (0, 1)), (-50.0, (1, 0))):
            layer = Quantise(-1, 1)
            layer(torch.tensor([value])).sum().backward()
            found = [layer.low.grad.item(), layer.high.grad.item()]
            np.testing.assert_allclose(found, PACE * np.array(wanted), atol=0.01 * PACE)

    def test_a_range_that_is_too_wide_learns_to_be_narrower(self):
        x = torch.rand(4096) * 0.5
        layer = Quantise(0, 8)
        optimiser = torch.optim.Adam(layer.parameters(), 0.05 / PACE)
        before = (layer(x) - x).square().mean().item()
        for _ in range(200):
            loss = (layer(x) - x).square().mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        self.assertLess(loss.item(), 0.05 * before)


class QuantisedConvTest(unittest.TestCase):
    def test_weights_are_within_half_a_step(self):
        conv = torch.nn.Conv2d(3, 5, 3, padding=1).requires_grad_(False)
        conv.weight[1] = 0
        layer = QuantisedConv(conv, 0, 1).requires_grad_(False)
        whole, scales = layer.whole_weights(), layer.scales()
        largest = whole.abs().amax(dim=(1, 2, 3))
        self.assertEqual([127, 0, 127, 127, 127], largest.tolist())
        difference = (whole * scales.view(-1, 1, 1, 1) - conv.weight).abs().amax(dim=(1, 2, 3))
        self.assertTrue((difference <= 0.501 * scales).all())

    def test_everything_learns(self):
        layer = QuantisedConv(torch.nn.Conv2d(3, 5, 3, padding=1), -0.2, 0.7)
        layer(torch.rand(2, 3, 9, 8) - 0.2).square().mean().backward()
        for name, parameter in layer.named_parameters():
            self.assertTrue(torch.isfinite(parameter.grad).all(), name)
            self.assertGreater(parameter.grad.abs().max().item(), 0, name)


class NetworkTest(unittest.TestCase):
    def test_ranges_are_what_was_seen(self):
        network = random_network(2)
        images = [torch.rand(1, 1, 9, 7), 3 * torch.rand(1, 1, 5, 6)]
        found = ranges(network, convolutions(network, ends=True), images)
        self.assertEqual(['head', 'body.0', 'body.2', 'body.4', 'tail'], list(found))
        self.assertEqual(['body.0', 'body.2', 'body.4'], convolutions(network))
        seen = torch.cat([image.ravel() for image in images])
        self.assertEqual((seen.min().item(), seen.max().item()), found['head'])
        features = [network.head_act(network.head(image)) for image in images]
        least = min(values.min().item() for values in features)
        greatest = max(values.max().item() for values in features)
        self.assertEqual((least, greatest), found['body.0'])

    def test_unquantised_is_the_network_before(self):
        image = torch.rand(1, 1, 9, 7)
        wanted = random_network(3)(image)
        found = unquantised(quantised_network(3, True))(image)
        self.assertTrue(torch.equal(wanted, found))


class FileTest(unittest.TestCase):
    def setUp(self):
        build = Path(__file__).parents[2] / 'build'
        build.mkdir(exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=build)
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / 'network.onnx'

    def test_onnxruntime_computes_what_was_learned(self):
        for scale in (2, 3):
            for ends in (False, True):
                for size in ((1, 1), (1, 7), (33, 26)):
                    with self.subTest(scale=scale, ends=ends, size=size):
                        self.check_agreement(quantised_network(scale, ends), size)

    def check_agreement(self, network, size):
        network.requires_grad_(False)
        export(network, self.path)
        image = torch.rand(1, 1, *size)
        wanted = network(image).numpy()
        difference = np.abs(by_onnxruntime(self.path, image.numpy()) - wanted)
        # Sums in another order: what they round to is another where they are a tie. One that is
        # reaches a few pixels, and moves them by a few steps.
        self.assertLess((difference > 1e-5).mean(), 0.02)
        self.assertLess(difference.max(), 0.05)

    def test_the_file_holds_bytes(self):
        network = quantised_network(2, False)
        export(network, self.path)
        graph = onnx.load(self.path).graph
        stored = {tensor.name: tensor for tensor in graph.initializer}
        for name, layer in quantised_layers(network).items():
            self.assertNotIn(f'{name}.weight', stored)
            whole = onnx.numpy_helper.to_array(stored[f'{name}.weight.int8'])
            self.assertEqual(np.int8, whole.dtype)
            np.testing.assert_array_equal(whole, layer.whole_weights().detach().numpy())
        nodes = [node.op_type for node in graph.node]
        quantised = ['QuantizeLinear', 'DequantizeLinear', 'DequantizeLinear', 'Conv']
        body = [*quantised, 'PRelu', *quantised, 'PRelu', *quantised, 'Add', 'PRelu']
        self.assertEqual(['Conv', 'PRelu', *body, 'Conv', 'DepthToSpace'], nodes)

    def test_a_float_file_becomes_the_network_again(self):
        for scale in (2, 3):
            network = random_network(scale)
            export(network, self.path)
            again = load_onnx(self.path).state_dict()
            self.assertEqual(network.settings, load_onnx(self.path).settings)
            for name, value in network.state_dict().items():
                self.assertTrue(torch.equal(value, again[name]), name)

    def test_other_files_are_refused(self):
        export(quantised_network(2, False), self.path)
        with self.assertRaisesRegex(ValueError, 'not a network of export.py with float32 weights'):
            load_onnx(self.path)
        model = onnx.load(self.path)
        with self.assertRaisesRegex(ValueError, 'No Conv has weights named a.weight'):
            with_bytes(model, {'a.weight': None})
        model.opset_import[0].version = 12
        with self.assertRaisesRegex(ValueError, 'opset 12: a scale for each channel needs 13'):
            with_bytes(model, {})


if __name__ == '__main__':
    unittest.main()
