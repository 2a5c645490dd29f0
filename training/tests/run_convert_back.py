"""python run_convert_back.py: runs docs/convert-back.md's code for PyTorch, in an empty folder.

On each network of the package. It compares what the networks of PyTorch and their exports compute
with what onnxruntime and Fovea compute of the file, and fails where they differ.
"""

import shutil
import warnings

import numpy as np
import onnxruntime

from run_recipe import PROJECT, by_fovea, converting_back


def by_onnxruntime(model, x):
    session = onnxruntime.InferenceSession(model, providers=['CPUExecutionProvider'])
    return session.run(None, {'input': x})[0]


def assert_close(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def assert_computes(model, x, expected):
    assert_close(by_onnxruntime(model, x), expected)
    assert_close(by_fovea(model, {'input': x})['output'], expected)


def check(model):
    shutil.copy(model, 'network.onnx')
    # Of another size than the document's example.
    x = np.random.default_rng(3).random((1, 1, 20, 13), np.float32)
    expected = by_onnxruntime('network.onnx', x)
    names = {'__name__': 'recipe'}
    converted = []
    for block in converting_back():
        exec(compile(block, 'docs/convert-back.md', 'exec'), names)
        network = names.get('model')
        if network is None or network in converted:
            continue
        converted.append(network)
        assert_close(network(names['torch'].from_numpy(x)).detach().numpy(), expected)
    assert len(converted) == 2, converted
    for file in 'network.onnx', 'plain.onnx', 'again.onnx':
        assert_computes(file, x, expected)


def main():
    warnings.simplefilter('ignore')
    models = sorted((PROJECT / 'models').glob('*-fp16.onnx'))
    assert len(models) == 5, models
    for model in models:
        check(model)


if __name__ == '__main__':
    main()
