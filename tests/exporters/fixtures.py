"""Writes models and what they must give as files: the layout of ONNX's own test data.

FOLDER/NAME/model.onnx, and beside it test_data_set_N/input_M.pb and output_M.pb, a TensorProto or,
for a sequence, a SequenceProto each.
"""

import shutil

import numpy as np
import onnx
from onnx import (
    AttributeProto,
    MapProto,
    ModelProto,
    NodeProto,
    SequenceProto,
    TensorProto,
    numpy_helper,
)


def sequence(values):
    """A list of arrays, or of maps to numbers in float32, as a SequenceProto."""
    if not values or not isinstance(values[0], dict):
        return numpy_helper.from_list(values)
    maps = []
    for item in values:
        scores = [np.float32(score) for score in item.values()]
        found = MapProto(values=numpy_helper.from_list(scores))
        words = isinstance(next(iter(item)), str)
        found.key_type = TensorProto.STRING if words else TensorProto.INT64
        (found.string_keys if words else found.keys).extend(
            key.encode() if words else int(key) for key in item
        )
        maps.append(found)
    return SequenceProto(elem_type=SequenceProto.MAP, map_values=maps)


def serialized(value, name):
    """A value as the message of its kind."""
    if isinstance(value, list):
        return sequence(value).SerializeToString()
    return numpy_helper.from_array(np.asarray(value), name).SerializeToString()


def without_traces(model):
    """Takes out what exporters note about their own work: paths, stack traces, graphs."""
    parts = [model, model.graph, *model.functions]
    while parts:
        part = parts.pop()
        part.ClearField('doc_string')
        kept = [entry for entry in part.metadata_props if not entry.key.startswith('pkg.')]
        del part.metadata_props[:]
        part.metadata_props.extend(kept)
        if isinstance(part, NodeProto):
            graphs = (a.g for a in part.attribute if a.type == AttributeProto.GRAPH)
            parts.extend(graphs)
        elif not isinstance(part, ModelProto):
            parts.extend(part.node)
    return model


def write(folder, model, data_sets):
    """Writes a ModelProto, and pairs of input and output values in its order."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    onnx.save_model(without_traces(model), folder / 'model.onnx')
    for number, (inputs, outputs) in enumerate(data_sets):
        data = folder / f'test_data_set_{number}'
        data.mkdir()
        for kind, values in (('input', inputs), ('output', outputs)):
            for place, value in enumerate(values):
                (data / f'{kind}_{place}.pb').write_bytes(serialized(value, f'{kind}_{place}'))


def few_values(array, generator, levels=8):
    """Random values of the same spread, of which there are few, so that files compress well."""
    array = np.asarray(array)
    spread = max(float(np.abs(array).max()), 2.0**-6)
    step = 2.0 ** np.ceil(np.log2(spread / levels))
    drawn = generator.integers(-levels, levels + 1, array.shape) * step
    return drawn.astype(array.dtype)
