"""The code of docs/export.md and docs/convert-back.md, run as it stands, against Fovea."""

import importlib.util
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from .run_recipe import ORIGINALS, PROJECT, converting_back, recipes

HERE = Path(__file__).parent


def lacking(blocks):
    """Libraries that the blocks import and this Python does not have."""
    names = re.findall(r'^(?:import|from) (\w+)', '\n'.join(blocks), flags=re.MULTILINE)
    names += ['onnxscript'] if any('dynamo=True' in block for block in blocks) else []
    return sorted({name for name in names if importlib.util.find_spec(name) is None})


def run_program(test, blocks, program, *arguments):
    """Runs one of the programs beside this in an empty folder, if its blocks can run here."""
    missing = lacking(blocks)
    if missing:
        test.skipTest(f'this Python has no {", ".join(missing)}')
    # In the checkout, since some Pythons see nothing else.
    (PROJECT / 'build').mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PROJECT / 'build') as folder:
        command = [sys.executable, str(HERE / program), *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    test.assertEqual(done.returncode, 0, done.stderr[-4000:])


class RecipeTest(unittest.TestCase):
    def test_every_recipe_is_run(self):
        self.assertEqual(list(recipes()), list(ORIGINALS))

    def run_recipe(self, heading):
        run_program(self, recipes()[heading], 'run_recipe.py', heading)

    def test_pytorch(self):
        self.run_recipe('PyTorch')

    def test_keras(self):
        self.run_recipe('Keras')

    def test_tensorflow(self):
        self.run_recipe('TensorFlow')

    def test_scikit_learn(self):
        self.run_recipe('scikit-learn')


class ConvertBackTest(unittest.TestCase):
    def test_pytorch(self):
        run_program(self, converting_back(), 'run_convert_back.py')
