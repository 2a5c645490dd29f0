"""Writes this folder's networks: the package's own, quantised by onnxruntime's tool.

pip install onnx onnxruntime
python tests/data/quantised/write.py
"""

from pathlib import Path

import numpy as np
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

HERE = Path(__file__).parent
MODEL = HERE.parents[2] / 'models' / 'fovea-x2-fast.onnx'
SIZE = 64


class Pictures(CalibrationDataReader):
    """Waves and edges with some noise."""

    def __init__(self):
        noise = np.random.default_rng(0)
        y, x = np.mgrid[0:SIZE, 0:SIZE] / SIZE
        pictures = []
        for i in range(1, 5):
            waves = 0.5 + 0.3 * np.sin(6 * i * x + 3 * y)
            edges = 0.14 * np.sign(np.sin(20 * (x * i + y)))
            picture = np.clip(waves + edges + noise.normal(0, 0.02, x.shape), 0, 1)
            pictures.append({'input': picture.astype(np.float32)[None, None]})
        self.pictures = iter(pictures)

    def get_next(self):
        return next(self.pictures, None)


def write(name, form, per_channel):
    quantize_static(
        MODEL,
        HERE / name,
        Pictures(),
        quant_format=form,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        per_channel=per_channel,
    )


write('x2-fast.qdq.onnx', QuantFormat.QDQ, True)
write('x2-fast.qoperator.onnx', QuantFormat.QOperator, False)
