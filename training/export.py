"""Collapses a trained LumaNet, writes it as ONNX and compares who computes what.

    python export.py CHECKPOINT ../models/fovea-x2.onnx

The file has one input "input" and one output "output", float32 [1, 1, height, width] and
[1, 1, scale height, scale width] with free height and width. Its metadata tells an upscaler what
they mean. A second file, NAME-fp16.onnx, holds the weights as float16; there is none of a
checkpoint of tune.py, whose convolutions have weights of int8.
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
from qdq import Bytes, with_bytes
from quantised import quantise, quantised_layers, quantised_names, unquantised

# Sums of 32 channels x 9 taps in eight layers differ in order only.
AGREEMENT = 2e-5
# What such a difference makes of a value that is rounded to bytes: root of the mean square.
AGREEMENT_OF_BYTES = 0.1 / 255


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
    network, weights = LumaNet(**checkpoint['settings']), checkpoint['weights']
    names = quantised_names(weights)
    if names:
        quantise(network.collapse(), dict.fromkeys(names, (0, 1)))
    network.load_state_dict(weights)
    return network.collapse().eval()


def load_onnx(path):
    """The collapsed network of a file that `export` wrote, ready to run."""
    graph = onnx.load(path).graph
    values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = {name: value for name, value in values.items() if name.endswith(('.weight', '.bias'))}
    convs = [node for node in graph.node if node.op_type == 'Conv']
    slopes = [values[node.input[1]].ravel() for node in graph.node if node.op_type == 'PRelu']
    if {name for conv in convs for name in conv.input[1:]} != set(weights):
        raise ValueError(f'{path}: not a network of export.py with float32 weights')

    scale = round(len(weights['tail.bias']) ** 0.5)
    network = LumaNet(scale, channels=len(weights['head.bias']), blocks=len(convs) - 2).collapse()
    acts = [name for name, part in network.named_modules() if isinstance(part, torch.nn.PReLU)]
    weights |= {f'{name}.weight': value for name, value in zip(acts, slopes, strict=True)}
    network.load_state_dict({name: torch.tensor(value) for name, value in weights.items()})
    return network.eval()


def export(network, path):
    """Writes `network` to `path` at opset 13, with metadata; quantised convolutions as QDQ."""
    torch.onnx.export(
        unquantised(network),
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
    layers = quantised_layers(network)
    if layers:
        of_bytes = {f'{name}.weight': as_bytes(layer) for name, layer in layers.items()}
        exported = with_bytes(exported, of_bytes)
    onnx.helper.set_model_props(exported, metadata(network.settings['scale']))
    onnx.checker.check_model(exported, full_check=True)
    onnx.save(exported, path)


@torch.no_grad()
def as_bytes(layer):
    """A QuantisedConv as it is stored."""
    scale, zero_point = layer.image.parameters_of_file()
    return Bytes(
        scale=scale.numpy(),
        zero_point=zero_point.numpy().astype(np.uint8),
        weight=layer.whole_weights().numpy().astype(np.int8),
        scales=layer.scales().numpy(),
    )


def by_pytorch(network, values):
    with torch.no_grad():
        return network(torch.from_numpy(values)).numpy()


def by_onnxruntime(path, values):
    return literal_session(path).run(None, {'input': values})[0]


def literal_session(model):
    """onnxruntime without its optimisations, which round the biases of quantised networks, too."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return onnxruntime.InferenceSession(model, options, providers=['CPUExecutionProvider'])


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
    """The differences from PyTorch on a picture of noise: {who: difference}.

    The largest of all pixels; of a quantised network, the root of the mean square.
    """
    distance = rms if quantised_layers(network) else largest
    values = np.random.default_rng(0).random((1, 1, 61, 83), np.float32)
    wanted = by_pytorch(network, values)
    found = {'onnxruntime': by_onnxruntime(path, values), 'Fovea': by_fovea(path, values)}
    return {who: distance(result - wanted) for who, result in found.items()}


def largest(difference):
    return float(np.abs(difference).max())


def rms(difference):
    return float(np.sqrt(np.square(difference, dtype=np.float64).mean()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('out', type=Path)
    options = parser.parse_args()

    network = load(options.checkpoint)
    export(network, options.out)
    found = differences(network, options.out)
    for who, difference in found.items():
        print(f'{options.out.name}: {who} differs from PyTorch by {difference:.1e}')
    of_bytes = bool(quantised_layers(network))
    allowed = AGREEMENT_OF_BYTES if of_bytes else AGREEMENT
    if max(found.values()) > allowed:
        raise SystemExit(f'More than {allowed:.1e} apart.')
    if of_bytes:
        return
    twin = options.out.with_stem(f'{options.out.stem}-fp16')
    onnx.save(halve(onnx.load(options.out)), twin)


if __name__ == '__main__':
    main()
