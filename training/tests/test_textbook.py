"""What makes one export of a network differ from another."""

import io
import unittest
import warnings

import onnx
import torch

from cases import export
from textbook import examples


def exported(**options):
    """name -> onnx.ModelProto of small examples, with some options of their cases replaced."""
    models = {}
    for name, case in examples(height=9, width=11, divisor=8).items():
        for key, value in options.items():
            setattr(case, key, value)
        torch.manual_seed(1)
        file = io.BytesIO()
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            export(case, case.build().eval(), file)
        models[name] = onnx.load_from_string(file.getvalue())
    return models


def operators(model):
    return [node.op_type for node in model.graph.node if node.op_type != 'Constant']


def sizes(values):
    """The declared shape of each value."""
    return [
        [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in values
    ]


class TextbookTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.models = exported()

    def test_are_valid(self):
        for name, model in self.models.items():
            with self.subTest(name):
                onnx.checker.check_model(model, full_check=True)

    def test_the_factor_is_an_input(self):
        model = self.models['srcnn_any_factor']
        self.assertEqual(sizes(model.graph.input), [[1, 3, 'height', 'width'], [4]])
        self.assertEqual(model.graph.node[1].input[2], 'factor')

    def test_pixel_shuffle_depends_on_the_opset(self):
        fixed = ['Reshape', 'Transpose', 'Reshape']
        free = ['Unsqueeze', 'Reshape', 'Transpose', 'Reshape', 'Reshape', 'Squeeze']
        self.assertEqual(operators(self.models['espcn_opset10'])[-3:], fixed)
        self.assertEqual(operators(self.models['espcn_opset10_any_size'])[-6:], free)
        self.assertEqual(operators(self.models['espcn'])[-2:], ['Conv', 'DepthToSpace'])

    def test_only_free_axes_are_open(self):
        inputs = {name: sizes(model.graph.input)[0] for name, model in self.models.items()}
        self.assertEqual(inputs['srcnn'], [1, 3, 9, 11])
        self.assertEqual(inputs['espcn_opset10'], ['batch', 1, 9, 11])
        self.assertEqual(inputs['espcn'], ['batch', 1, 'height', 'width'])

    def test_constant_folding_leaves_only_what_depends_on_the_input(self):
        self.assertEqual(operators(self.models['srcnn'])[:2], ['Resize', 'Conv'])
        self.assertEqual(operators(self.models['srcnn_unfolded'])[:2], ['Concat', 'Resize'])
        unfolded = exported(folded=False)
        self.assertEqual(unfolded['espcn'], self.models['espcn'])
