"""Collapses a trained LumaNet and writes it as ONNX.

    python export.py CHECKPOINT ../models/fovea-luma-x2.onnx

The file has one input "input" and one output "output", float32 [1, 1, height, width] and
[1, 1, 2 height, 2 width] with free height and width. Its metadata tells an upscaler what they mean.
"""

import argparse

import onnx
import torch

from model import LumaNet

METADATA = {
    'fovea.color': 'luma',
    'fovea.scale': '2',
    'fovea.range': '0..1',
    'author': 'The Fovea authors',
    'license': 'MIT',
    'description': 'Doubles the luma plane (Y of full-range BT.601 YCbCr) of a photograph. '
    'Trained on generated pictures only.',
}


def load(path):
    """The collapsed network of a checkpoint, ready to run."""
    checkpoint = torch.load(path, weights_only=True)
    model = LumaNet(**checkpoint['settings'])
    model.load_state_dict(checkpoint['weights'])
    return model.collapse().eval()


def export(model, path):
    """Writes `model` to `path` at opset 13, with METADATA."""
    torch.onnx.export(
        model,
        torch.zeros(1, 1, 24, 32),
        path,
        opset_version=13,
        dynamo=False,
        input_names=['input'],
        output_names=['output'],
        dynamic_axes={
            'input': {2: 'height', 3: 'width'},
            'output': {2: 'output_height', 3: 'output_width'},
        },
    )
    model = onnx.load(path)
    onnx.helper.set_model_props(model, METADATA)
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('checkpoint')
    parser.add_argument('out')
    options = parser.parse_args()
    export(load(options.checkpoint), options.out)


if __name__ == '__main__':
    main()
