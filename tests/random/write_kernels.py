"""Writes kernels.json: which types onnxruntime computes each version of an operator in.

python tests/random/write_kernels.py, where there are onnx and an onnxruntime that tells of its
kernels. Versions later than onnxruntime-node takes are left out.
"""

import json
import re
from itertools import pairwise
from pathlib import Path

import onnx
from onnxruntime.capi import _pybind_state as onnxruntime

HERE = Path(__file__).parent
NEWEST = {'': 26, 'ai.onnx.ml': 5, 'com.microsoft': 1}
# The parameter that a node's type is told by, where that is not of its first input.
TELLING = {
    'BitShift': 'T',
    'ConstantOfShape': 'T2',
    'If': 'V',
    'Loop': 'V',
    'OneHot': 'T3',
    'Scan': 'V',
    'Where': 'T',
    'com.microsoft:EmbedLayerNormalization': 'T',
    'com.microsoft:QLinearConcat': 'T8',
    'com.microsoft:QLinearWhere': 'T',
}
# Operators of ONNX's experiments, which it took back.
EXPERIMENTS = {('MeanVarianceNormalization', 1)}
NAMES = {'float': 'float32', 'double': 'float64'}


def element_type(text: str) -> str:
    """float32 of tensor(float) and of seq(tensor(float))."""
    inner = re.sub(r'^(\w+\()+|\)+$', '', text)
    return NAMES.get(inner, inner)


def known_operators() -> set[str]:
    """The names in docs/operators.md, but for ai.onnx after their domain."""
    names, domain = set(), ''
    for line in (HERE / '../../docs/operators.md').read_text().splitlines():
        if line.startswith('## '):
            domain = '' if line[3:] == 'ai.onnx' else line[3:] + ':'
        elif match := re.match(r'\| (\w+) \| (from )?\d', line):
            names.add(domain + match[1])
    return names


def types_of(schema, name: str, until: int, kernels: list) -> list[str]:
    """The types of a version; of what is a function of others, those that ONNX allows."""
    first = next(iter([*schema.inputs, *schema.outputs]))
    telling = TELLING.get(name, getattr(first, 'type_str', None) or getattr(first, 'typeStr', ''))
    fitting = [
        kernel
        for kernel in kernels
        if kernel.version_range[0] <= until and kernel.version_range[1] >= schema.since_version
    ]
    found = {t for kernel in fitting for t in kernel.type_constraints.get(telling, [])}
    constraints = {c.type_param_str: set(c.allowed_type_strs) for c in schema.type_constraints}
    allowed = constraints.get(telling, {telling})
    tensors = [t for t in found & allowed or allowed if not re.search('map|sparse|complex', t)]
    return sorted({element_type(t) for t in tensors})


def main() -> None:
    schemas: dict[str, dict[int, object]] = {}
    known = known_operators()
    standard = onnx.defs.get_all_schemas_with_history()
    for schema in [*standard, *onnxruntime.get_all_operator_schema()]:
        name = f'{schema.domain}:{schema.name}'.removeprefix(':')
        if name in known and schema.domain in NEWEST:
            schemas.setdefault(name, {}).setdefault(schema.since_version, schema)
    kernels: dict[str, list] = {}
    for kernel in onnxruntime.get_all_opkernel_def():
        kernels.setdefault(f'{kernel.domain}:{kernel.op_name}'.removeprefix(':'), []).append(kernel)
    table = {}
    for name, versions in sorted(schemas.items()):
        domain = name.rpartition(':')[0]
        numbers = [v for v in sorted(versions) if v <= NEWEST[domain]]
        rows = {}
        for version, after in pairwise([*numbers, NEWEST[domain] + 1]):
            if (domain == '' and after <= 7) or (name, version) in EXPERIMENTS:
                continue
            gone = getattr(versions[version], 'deprecated', False)
            types = types_of(versions[version], name, after - 1, kernels.get(name, []))
            rows[version] = '' if gone else ' '.join(types)
        if rows:
            table[name] = rows
    (HERE / 'kernels.json').write_text(json.dumps(table, indent=2) + '\n')


main()
