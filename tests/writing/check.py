"""Has onnx and onnxruntime check the models that the engine writes.

    python check.py ONNX_TOOL COMMAND MODEL...

ONNX_TOOL is the program of tests/cpp/support/onnx_tool.cpp, COMMAND one of
`encode`, `edit`, `extract`, `half`, `upgrade`, `optimise`. Every model is written, checked in full
and run beside the original, by the inputs that lie beside it or by random ones.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper

# What a model computes is compared with, relative to its outputs' greatest element.
TOLERANCES = {'half': 3e-2, 'upgrade': 1e-6, 'optimise': 2e-5}
FREE_SIZE = 24


class Skipped(Exception):
    """A model of which nothing can be said."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('tool')
    parser.add_argument('command')
    parser.add_argument('models', nargs='+', type=Path)
    parser.add_argument('--argument', action='append', default=[])
    options = parser.parse_args()
    ort.set_default_logger_severity(4)
    counts = {'right': 0, 'skipped': 0, 'wrong': 0}
    for path in options.models:
        try:
            check(options.tool, options.command, path, options.argument)
            counts['right'] += 1
        except Skipped as reason:
            counts['skipped'] += 1
            print(f'skipped {path}: {reason}')
        except Exception as error:  # whatever it is, it is to be told
            counts['wrong'] += 1
            print(f'WRONG {path}: {type(error).__name__}: {str(error)[:600]}')
    print(options.command, counts)
    return 1 if counts['wrong'] else 0


def check(tool, command, path, arguments):
    try:
        feeds = inputs_of(path)
        check_file(path)
        expected = run(path, feeds)
    except Exception as error:
        raise Skipped(f'the original itself: {str(error)[:150]}') from error
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix='.onnx') as written:
        if command == 'upgrade':
            arguments = arguments or ['17']
        if command == 'extract':
            return check_extraction(tool, path, written.name, feeds)
        write(tool, command, path, written.name, *arguments)
        check_file(written.name)
        fits = 'half' if '--half-io' in arguments else 'same'
        actual = run(written.name, as_halves(feeds) if fits == 'half' else feeds)
        compare(expected, actual, max(TOLERANCES.get(command, 0), tolerance_of(path)))


def write(tool, command, path, result, *arguments):
    done = subprocess.run(
        [tool, command, path, result, *arguments], capture_output=True, text=True, check=False
    )
    if done.stderr.startswith('Unsupported') or 'is not known' in done.stderr:
        raise Skipped(done.stderr.strip()[:200])
    if done.returncode != 0:
        raise RuntimeError(f'{done.returncode}: {done.stderr[:400]}')


def check_file(path):
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except onnx.shape_inference.InferenceError as error:
        # Where shapes depend on elements, or operators are onnxruntime's.
        raise RuntimeError(f'inference: {error}') from error


def inputs_of(path):
    session = session_of(path)
    folder = path.parent / 'test_data_set_0'
    files = sorted(folder.glob('input_*.pb'), key=lambda file: int(file.stem.split('_')[1]))
    if files:
        values = [onnx.load_tensor(str(file)) for file in files]
        names = [value.name for value in session.get_inputs()]
        return dict(zip(names, map(numpy_helper.to_array, values), strict=True))
    generator = np.random.default_rng(1)
    return {value.name: random_input(value, generator) for value in session.get_inputs()}


def random_input(value, generator):
    shape = [size if isinstance(size, int) else FREE_SIZE for size in value.shape]
    if value.type == 'tensor(float)':
        return generator.random(shape, dtype=np.float32)
    if value.type == 'tensor(float16)':
        return generator.random(shape, dtype=np.float32).astype(np.float16)
    raise Skipped(f'an input of {value.type}')


def session_of(path):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return ort.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])
    except Exception as error:
        # Where an operator's sizes are fed without a declared shape.
        if "Number of elements of input 'sizes' (0)" in str(error):
            raise Skipped(str(error)[-200:]) from error
        raise


def run(path, feeds, outputs=None):
    session = session_of(path)
    return session.run(outputs, {value.name: feeds[value.name] for value in session.get_inputs()})


def as_halves(feeds):
    return {
        name: value.astype(np.float16) if value.dtype == np.float32 else value
        for name, value in feeds.items()
    }


def flat(value):
    """Arrays in the maps and sequences that onnxruntime gives as dictionaries and lists."""
    if isinstance(value, dict):
        yield np.array(list(value.keys()))
        yield np.array(list(value.values()))
    elif isinstance(value, list):
        for item in value:
            yield from flat(item)
    else:
        yield value


def compare(expected, actual, tolerance):
    for want, have in zip(flat(expected), flat(actual), strict=True):
        if not isinstance(want, np.ndarray) or want.dtype.kind in 'OUS':
            if not np.array_equal(want, have):
                raise AssertionError('other strings')
            continue
        if want.shape != have.shape:
            raise AssertionError(f'shape {have.shape}, not {want.shape}')
        if want.size == 0:
            continue
        want, have = want.astype(np.float64), have.astype(np.float64)
        scale = np.abs(want[np.isfinite(want)]).max(initial=0) or 1
        atol = tolerance * max(scale, 1e-4)
        if not np.allclose(want, have, rtol=0, atol=atol, equal_nan=True):
            raise AssertionError(f'off by {np.nanmax(np.abs(want - have)) / scale:.2g}')


def check_extraction(tool, path, result, feeds):
    """Splits the model at each third of its nodes: both parts must make what the whole does."""
    model = onnx.load(str(path), load_external_data=False)
    nodes = model.graph.node
    constants = {tensor.name for tensor in model.graph.initializer}
    makers = {
        name: index
        for index, node in enumerate(nodes)
        for name in node.output
        if name and node.op_type != 'Constant'
    }
    inputs = [value.name for value in model.graph.input if value.name not in constants]
    tolerance = tolerance_of(path)
    for cut in {len(nodes) // 3, 2 * len(nodes) // 3}:
        crossing = crossing_values(nodes, makers, cut)
        outputs = [value.name for value in model.graph.output if makers.get(value.name, -1) >= cut]
        if not crossing or not outputs:
            continue
        write(tool, 'extract', path, result, '\n'.join(inputs), '\n'.join(crossing))
        check_part(result)
        middle = dict(zip(crossing, run(result, feeds, crossing), strict=True))
        read_later = later_inputs(nodes, cut, inputs)
        write(tool, 'extract', path, result, '\n'.join(crossing + read_later), '\n'.join(outputs))
        check_part(result)
        compare(run(path, feeds, outputs), run(result, {**feeds, **middle}, outputs), tolerance)


def tolerance_of(path):
    """Between two operators in float16, onnxruntime may or may not compute in float32."""
    model = onnx.load(str(path), load_external_data=False)
    return 2e-3 if any(tensor.data_type == 10 for tensor in model.graph.initializer) else 0


def check_part(path):
    try:
        check_file(path)
    except Exception as error:
        # Shapes that the whole does not declare are not declared in a part.
        if 'required but missing' not in str(error):
            raise


def reads(node):
    yield from node.input
    for attribute in node.attribute:
        for graph in [attribute.g, *attribute.graphs]:
            for inner in graph.node:
                yield from reads(inner)
            yield from (value.name for value in graph.output)


def crossing_values(nodes, makers, cut):
    found = {}
    for node in nodes[cut:]:
        for name in reads(node):
            if name in makers and makers[name] < cut:
                found[name] = True
    return list(found)


def later_inputs(nodes, cut, inputs):
    later = {name for node in nodes[cut:] for name in reads(node)}
    return [name for name in inputs if name in later]


if __name__ == '__main__':
    sys.exit(main())
