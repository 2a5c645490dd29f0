"""The recipes of docs/export.md, run as they stand; what Fovea computes of their files."""

import importlib.util
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from .run_recipe import ORIGINALS, PROJECT, recipes

PROGRAM = Path(__file__).with_name('run_recipe.py')


def lacking(blocks):
    """Libraries that the blocks import and this Python does not have."""
    names = re.findall(r'^(?:import|from) (\w+)', '\n'.join(blocks), flags=re.MULTILINE)
    names += ['onnxscript'] if any('dynamo=True' in block for block in blocks) else []
    return sorted({name for name in names if importlib.util.find_spec(name) is None})


class RecipeTest(unittest.TestCase):
    def test_every_recipe_is_run(self):
        self.assertEqual(list(recipes()), list(ORIGINALS))

    def run_recipe(self, heading):
        missing = lacking(recipes()[heading])
        if missing:
            self.skipTest(f'this Python has no {", ".join(missing)}')
        # In the checkout, since some Pythons see nothing else.
        (PROJECT / 'build').mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=PROJECT / 'build') as folder:
            command = [sys.executable, str(PROGRAM), heading]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr[-4000:])

    def test_pytorch(self):
        self.run_recipe('PyTorch')

    def test_keras(self):
        self.run_recipe('Keras')

    def test_tensorflow(self):
        self.run_recipe('TensorFlow')

    def test_scikit_learn(self):
        self.run_recipe('scikit-learn')
