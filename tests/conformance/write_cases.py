"""Writes ONNX's official cases as files: python write_cases.py FOLDER

The cases of nodes and of small models are Python in the `onnx` wheel; those converted from
PyTorch lie in it as files. Each becomes FOLDER/NAME/model.onnx with test_data_set_N/input_M.pb
and output_M.pb beside it, as the `onnx` repository has them: a TensorProto, SequenceProto or
OptionalProto, as the model declares.
"""

import shutil
import sys
import warnings
from pathlib import Path

import numpy as np
from onnx import TensorProto, TypeProto, ValueInfoProto, numpy_helper
from onnx.backend.test.case.model import collect_testcases as collect_model_cases
from onnx.backend.test.case.node import collect_testcases as collect_node_cases
from onnx.backend.test.case.test_case import TestCase
from onnx.backend.test.loader import load_model_tests

CONVERTED = ('pytorch-converted', 'pytorch-operator')


def serialized(value: object, declared: ValueInfoProto) -> bytes:
    """A value as the message that its declared type has."""
    kind = declared.type.WhichOneof('value')
    if isinstance(value, TensorProto):
        return value.SerializeToString()
    if kind == 'optional_type':
        element = declared.type.optional_type.elem_type
        return optional(value, element, declared.name).SerializeToString()
    if kind == 'sequence_type':
        return numpy_helper.from_list(value, declared.name).SerializeToString()
    return numpy_helper.from_array(np.asarray(value), declared.name).SerializeToString()


def optional(value: object, element: TypeProto, name: str):
    """An OptionalProto; None is one without a value."""
    if value is None:
        return numpy_helper.from_optional(None, name)
    if element.HasField('sequence_type'):
        return numpy_helper.from_optional(list(value), name)
    return numpy_helper.from_optional(np.asarray(value), name)


def write_case(case: TestCase, folder: Path) -> None:
    """Writes one case that is Python."""
    folder.mkdir(parents=True)
    (folder / 'model.onnx').write_bytes(case.model.SerializeToString())
    graph = case.model.graph
    for index, (inputs, outputs) in enumerate(case.data_sets):
        data = folder / f'test_data_set_{index}'
        data.mkdir()
        for kind, values, declared in (
            ('input', inputs, graph.input),
            ('output', outputs, graph.output),
        ):
            # Inputs that have a default come last, and need no value.
            for number, (value, info) in enumerate(zip(values, declared, strict=False)):
                (data / f'{kind}_{number}.pb').write_bytes(serialized(value, info))


def main(folder: Path) -> None:
    """Writes all cases that need no download."""
    warnings.simplefilter('ignore')
    node_cases = collect_node_cases(None)
    model_cases = [case for case in collect_model_cases() if case.kind == 'simple']
    for case in node_cases + model_cases:
        write_case(case, folder / case.name)
    for kind in CONVERTED:
        for case in load_model_tests(kind=kind):
            shutil.copytree(case.model_dir, folder / case.name)
    print(f'{sum(1 for _ in folder.iterdir())} cases')


if __name__ == '__main__':
    main(Path(sys.argv[1]))
