"""The references that the engine is tested against, against onnxruntime."""

import unittest
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from references import CASES

FOLDER = Path(__file__).parents[2] / 'tests/data/torch'

# float32 sums of these networks' lengths against float64, relative to the largest output: 2^-24 per
# operation, a few hundred operations deep.
TOLERANCE = 2e-5


def arrays(folder, prefix):
    """name -> array of the files PREFIX_NAME.npy."""
    return {path.stem.removeprefix(prefix): np.load(path) for path in folder.glob(f'{prefix}*.npy')}


class ReferencesTest(unittest.TestCase):
    def test_every_case_is_there(self):
        self.assertEqual({path.name for path in FOLDER.iterdir()}, set(CASES))

    def test_models_are_valid(self):
        for name, case in CASES.items():
            with self.subTest(name):
                model = onnx.load(FOLDER / name / 'model.onnx')
                onnx.checker.check_model(model, full_check=True)
                self.assertEqual(model.opset_import[0].version, case.opset)

    def test_onnxruntime_agrees(self):
        for name in CASES:
            with self.subTest(name):
                session = onnxruntime.InferenceSession(
                    FOLDER / name / 'model.onnx', providers=['CPUExecutionProvider']
                )
                expected = arrays(FOLDER / name, 'out_')
                found = session.run(list(expected), arrays(FOLDER / name, 'in_'))
                for wanted, values in zip(expected.values(), found, strict=True):
                    scale = max(1, np.abs(wanted).max())
                    np.testing.assert_allclose(values, wanted, rtol=0, atol=TOLERANCE * scale)
