"""python run_recipe.py HEADING: runs a recipe of docs/export.md as it stands, in an empty folder.

It compares what Fovea, onnxruntime and the original compute, and fails where they differ. A process
of its own for each recipe: PyTorch and TensorFlow do not live in one.
"""

import json
import re
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime

PROJECT = Path(__file__).parents[2]
RUNNER = Path(__file__).with_name('run_model.mjs')

# What the original computes, by the recipe's own names.
ORIGINALS = {
    'PyTorch': lambda names, x: names['model'](names['torch'].from_numpy(x)).detach().numpy(),
    'Keras': lambda names, x: np.asarray(names['model'](x, training=False)),
    'TensorFlow': lambda names, x: np.asarray(names['double'](x)),
    'scikit-learn': lambda names, x: names['model'].predict_proba(x).astype(np.float32),
}


def recipes(document='docs/export.md'):
    """Heading -> the blocks below it, in the order in which a reader would run them."""
    text = (PROJECT / document).read_text()
    found = {}
    for section in re.split(r'^## ', text, flags=re.MULTILINE)[1:]:
        blocks = re.findall(r'^```python\n(.*?)^```', section, flags=re.MULTILINE | re.DOTALL)
        if blocks:
            found[section.splitlines()[0]] = blocks
    return found


def converting_back():
    """The blocks of docs/convert-back.md that a reader who wants PyTorch runs."""
    found = recipes('docs/convert-back.md')
    return [*found['Weights as float32'], *found['PyTorch']]


def by_fovea(model, feeds):
    """Output name -> array, computed by the package in dist/."""
    data = {name: {'dims': x.shape, 'data': x.ravel().tolist()} for name, x in feeds.items()}
    command = ['node', str(RUNNER), model]
    done = subprocess.run(command, input=json.dumps(data), capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return {
        name: np.array(value['data'], np.float32).reshape(value['dims'])
        for name, value in json.loads(done.stdout).items()
    }


def random_feeds(session):
    """Random numbers for every input; sizes that are free become 12."""
    generator = np.random.default_rng(3)
    shapes = {
        value.name: [size if isinstance(size, int) else 12 for size in value.shape]
        for value in session.get_inputs()
    }
    return {name: generator.random(shape, np.float32) for name, shape in shapes.items()}


def main(heading):
    names = {'__name__': 'recipe'}
    for block in recipes()[heading]:
        Path('network.onnx').unlink(missing_ok=True)
        warnings.simplefilter('ignore')
        exec(compile(block, f'docs/export.md: {heading}', 'exec'), names)
        session = onnxruntime.InferenceSession('network.onnx')
        feeds = random_feeds(session)
        wanted = [output.name for output in session.get_outputs()]
        expected = dict(zip(wanted, session.run(wanted, feeds), strict=True))
        actual = by_fovea('network.onnx', feeds)
        assert list(actual) == wanted, list(actual)
        for name in wanted:
            np.testing.assert_allclose(actual[name], expected[name], rtol=1e-4, atol=1e-5)
        original = ORIGINALS[heading](names, *feeds.values())
        np.testing.assert_allclose(actual[wanted[-1]], original, rtol=1e-4, atol=1e-5)


if __name__ == '__main__':
    main(sys.argv[1])
