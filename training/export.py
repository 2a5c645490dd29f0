"""Collapses a trained LumaNet, writes it as ONNX and compares who computes what.

    python export.py CHECKPOINT ../models/fovea-x2.onnx

The file has one input "input" and one output "output", float32 [1, 1, height, width] and
[1, 1, scale height, scale width] with free height and width. Its metadata tells an upscaler what
they mean. A second file, NAME-fp16.onnx, holds the weights as float16.
"""

import argparse
import json
import subprocess
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch

from half import halve
from model import LumaNet

# Sums of 32 channels x 9 taps in eight layers differ in order only.
AGREEMENT = 2e-5


def metadata(scale):
    """What an upscaler and a reader need to know of a model: see docs/metadata.md."""
    facts = {
        'scale': scale,
        'color': 'luma',
        'luma': 'bt601-full',
        'range': '0..1',
        'layout': 'nchw',
        'multiple': 1,
        'offset': 0,
        'border': 'replicate',
        'license': 'CC0-1.0',
        'authors': ['The Fovea authors'],
    }
    return {
        'fovea': json.dumps(facts),
        'author': 'The Fovea authors',
        'license': 'CC0-1.0',
        'description': f'Enlarges the luma plane (Y of full-range BT.601 YCbCr) {scale} times. '
        'Trained on generated pictures only.',
    }


def load(path):
    """The collapsed network of a checkpoint, ready to run."""
    checkpoint = torch.load(path, weights_only=True)
    network = LumaNet(**checkpoint['settings'])
    network.load_state_dict(checkpoint['weights'])
    return network.collapse().eval()


def export(network, path):
    """Writes `network` to `path` at opset 13, with metadata."""
    torch.onnx.export(
        network,
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
    exported = onnx.load(path)
    onnx.helper.set_model_props(exported, metadata(network.settings['scale']))
    onnx.checker.check_model(exported, full_check=True)
    onnx.save(exported, path)


def by_pytorch(network, values):
    with torch.no_grad():
        return network(torch.from_numpy(values)).numpy()


def by_onnxruntime(path, values):
    session = onnxruntime.InferenceSession(path, providers=['CPUExecutionProvider'])
    return session.run(None, {'input': values})[0]


def by_fovea(path, values):
    """The output of Fovea's engine, from the package that `npm run build` makes."""
    script = Path(__file__).with_name('run_engine.mjs')
    height, width = values.shape[2:]
    command = ['node', script, path, str(height), str(width)]
    output = subprocess.run(command, input=values.tobytes(), stdout=subprocess.PIPE, check=True)
    scale = round((len(output.stdout) / values.nbytes) ** 0.5)
    shape = (1, 1, scale * height, scale * width)
    return np.frombuffer(output.stdout, np.float32).reshape(shape)


def differences(network, path):
    """The largest differences from PyTorch on a picture of noise: {who: difference}."""
    values = np.random.default_rng(0).random((1, 1, 61, 83), np.float32)
    wanted = by_pytorch(network, values)
    found = {'onnxruntime': by_onnxruntime(path, values), 'Fovea': by_fovea(path, values)}
    return {who: float(np.abs(result - wanted).max()) for who, result in found.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('out', type=Path)
    options = parser.parse_args()

    network = load(options.checkpoint)
    export(network, options.out)
    found = differences(network, options.out)
    for who, difference in found.items():
        print(f'{options.out.name}: {who} differs from PyTorch by at most {difference:.1e}')
    if max(found.values()) > AGREEMENT:
        raise SystemExit(f'More than {AGREEMENT} apart.')
    twin = options.out.with_stem(f'{options.out.stem}-fp16')
    onnx.save(halve(onnx.load(options.out)), twin)


if __name__ == '__main__':
    main()
