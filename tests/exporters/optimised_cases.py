"""The models of tests/data/exported that somebody has worked on after their export."""

import tempfile
from functools import partial
from pathlib import Path

import onnx
import onnxruntime
import onnxsim
import onnxslim
from onnx import external_data_helper
from onnxconverter_common import float16

import pytorch_cases


def optimised(model, level):
    """By onnxruntime, as it saves what it runs: with operators of com.microsoft."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / 'model.onnx')
        onnxruntime.InferenceSession(model.SerializeToString(), options)
        return onnx.load(options.optimized_model_filepath)


def simplified(model):
    """By onnxsim."""
    found = onnxsim.simplify(model)
    return found[0] if isinstance(found, tuple) else found


def with_halves(model):
    """By onnxconverter-common: float16 inside, float32 at the borders."""
    return float16.convert_float_to_float16(model, keep_io_types=True)


def with_weights_apart(model):
    """Weights in a file of their own."""
    external_data_helper.convert_model_to_external_data(
        model, location='weights.bin', size_threshold=64
    )
    return model


WAYS = {
    'basic': partial(optimised, level='ORT_ENABLE_BASIC'),
    'extended': partial(optimised, level='ORT_ENABLE_EXTENDED'),
    'simplified': simplified,
    'slim': onnxslim.slim,
    'halves': with_halves,
    'external': with_weights_apart,
}

# Way, and the case of pytorch_cases that it is done to.
CHOSEN = [
    ('external', 'espcn_traced_11_free'),
    ('external', 'lstm_traced_9'),
    ('extended', 'swinir_dynamo_20'),
    ('basic', 'growing_script_16_free'),
    ('extended', 'srcnn_traced_9'),
    ('extended', 'rcan_traced_12'),
    ('extended', 'rlfn_dynamo_18_free'),
    ('extended', 'safmn_traced_16'),
    ('extended', 'efficientnet_traced_20_free'),
    ('extended', 'resnet_traced_11_free'),
    ('extended', 'vit_traced_14_free'),
    ('extended', 'vit_dynamo_20'),
    ('extended', 'transformer_traced_18'),
    ('extended', 'decoder_dynamo_18_free'),
    ('extended', 'lstm_traced_14_free'),
    ('simplified', 'swinir_traced_16_free'),
    ('simplified', 'rlfn_traced_17_free'),
    ('simplified', 'vit_traced_14_free'),
    ('slim', 'unet_traced_11_free'),
    ('slim', 'decoder_traced_16_free'),
    ('slim', 'cunet_dynamo_18_free'),
    ('halves', 'edsr_traced_13_free'),
    ('halves', 'rlfn_traced_17_free'),
    ('halves', 'swinir_dynamo_20'),
    ('halves', 'mobilenet_dynamo_18_free'),
    ('halves', 'timm_attention_traced_14_free'),
    ('halves', 'trips_script_17_free'),
    ('halves', 'gru_traced_15_free'),
]


def reworked(way, make):
    """What a case of pytorch_cases becomes; what is expected of it stays the same."""
    model, data_sets = make()
    return WAYS[way](model), data_sets


def cases():
    """Names, and functions that give a model and its data."""
    exported = dict(pytorch_cases.cases())
    for way, name in CHOSEN:
        yield f'{way}_{name}', partial(reworked, way, exported[name])
