"""Writes the models of tests/data/exported: python write.py ../data/exported [NAME...]

Names are those of folders, or begin them. requirements.txt says what has to be installed; each
exporter is imported only when one of its models is written.
"""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

import fixtures

EXPORTERS = ('pytorch_cases', 'keras_cases', 'sklearn_cases', 'optimised_cases')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('folder', type=Path)
    parser.add_argument('names', nargs='*', help='the models to write; all when none is named')
    options = parser.parse_args()
    for exporter in EXPORTERS:
        prefix = exporter.removesuffix('_cases')
        if options.names and not any(name.startswith(prefix) for name in options.names):
            continue
        for name, make in import_module(exporter).cases():
            name = f'{prefix}_{name}'
            if options.names and not any(name.startswith(wanted) for wanted in options.names):
                continue
            print(name, flush=True)
            made = make()
            if made is not None:
                fixtures.write(options.folder / name, *made)


if __name__ == '__main__':
    # tf2onnx numbers names in the order of sets, which is another in every process unless told.
    if 'PYTHONHASHSEED' not in os.environ:
        os.environ['PYTHONHASHSEED'] = '0'
        os.execv(sys.executable, [sys.executable, *sys.argv])
    main()
