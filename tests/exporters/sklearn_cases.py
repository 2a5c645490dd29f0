"""The models of tests/data/exported that skl2onnx and onnxmltools make, and what onnxruntime says.

Estimators compute in double precision what their models do in float32, so that scores differ by
more than rounding where a tree's border lies in between: so onnxruntime is compared with.
"""

import zlib
from functools import partial

import lightgbm
import numpy as np
import onnxmltools
import onnxruntime
import xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as ToolsFloatTensorType
from skl2onnx import convert_sklearn, to_onnx
from skl2onnx.common.data_types import Int64TensorType, StringTensorType
from sklearn import preprocessing

import sklearn_models
from sklearn_models import CLASSIFIERS, FEATURES, REGRESSORS, TRANSFORMERS

# The opsets of ai.onnx and ai.onnx.ml go together; each estimator has one of these pairs.
OPSETS = [
    {'': 12, 'ai.onnx.ml': 1},
    {'': 15, 'ai.onnx.ml': 3},
    {'': 18, 'ai.onnx.ml': 3},
    {'': 21, 'ai.onnx.ml': 5},
]

# What this skl2onnx cannot convert with this scikit-learn, or not at the first of the opsets.
LEFT_OUT = {'histogram', 'histogram_regressor', 'voting'}
FIRST_PAIR = {'qda': 1, 'isolation': 1, 'outliers': 1, 'neighbours_imputed': 2}

# In double precision, too.
DOUBLE = ('logistic', 'mlp', 'linear', 'pca', 'kmeans')

WORDS = np.array([['a', 'x'], ['b', 'y'], ['a', 'z'], ['c', 'x']], dtype=object)
NUMBERS = np.array([[1, 5], [2, 6], [1, 7]], dtype=np.int64)

ENCODERS = {
    'ordinal': (preprocessing.OrdinalEncoder, WORDS),
    'onehot_words': (partial(preprocessing.OneHotEncoder, drop='first'), WORDS),
    'onehot_numbers': (preprocessing.OneHotEncoder, NUMBERS),
    'labels': (preprocessing.LabelEncoder, WORDS[:, 0]),
    'label_bits': (preprocessing.LabelBinarizer, NUMBERS[:, 0]),
}

TREES = {
    'lightgbm': lambda: lightgbm.LGBMClassifier(
        n_estimators=4, num_leaves=6, min_child_samples=4, verbose=-1, n_jobs=1
    ),
    'lightgbm_regressor': lambda: lightgbm.LGBMRegressor(
        n_estimators=4, num_leaves=6, min_child_samples=4, verbose=-1, n_jobs=1
    ),
    'xgboost': lambda: xgboost.XGBClassifier(n_estimators=4, max_depth=3, n_jobs=1),
    'xgboost_regressor': lambda: xgboost.XGBRegressor(n_estimators=4, max_depth=3, n_jobs=1),
}


def generator_of(name):
    return np.random.default_rng(zlib.crc32(name.encode()))


def with_results(model, inputs):
    """The model, and what it makes of the inputs in onnxruntime without optimisations."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    names = [value.name for value in session.get_inputs()]
    return model, [(inputs, session.run(None, dict(zip(names, inputs, strict=True))))]


def estimator(name, opset, zipped, dtype):
    """A classifier's scores are a tensor, or maps from labels."""
    model, points = sklearn_models.fitted(name, generator_of(name))
    points = points.astype(dtype)
    options = {'zipmap': zipped} if name in CLASSIFIERS and name != 'svc_scores' else None
    try:
        converted = to_onnx(model, points[:1], target_opset=opset, options=options)
    except NameError:  # this converter has no such option
        converted = to_onnx(model, points[:1], target_opset=opset)
    return with_results(converted, [points])


def encoder(name):
    """An encoder of words or numbers."""
    build, values = ENCODERS[name]
    kind = StringTensorType if values.dtype == object else Int64TensorType
    types = [('input', kind([None, *values.shape[1:]]))]
    return with_results(
        convert_sklearn(build().fit(values), None, types, target_opset=15), [values]
    )


def mixed(opset, zipped):
    """A pipeline over columns of several types."""
    model, types, inputs, _ = sklearn_models.mixed_columns(generator_of('mixed'))
    options = {'zipmap': zipped}
    converted = convert_sklearn(
        model, None, types, target_opset={'': opset, 'ai.onnx.ml': 3}, options=options
    )
    return with_results(converted, inputs)


def trees(name):
    """Boosted trees of other libraries."""
    generator = generator_of(name)
    points, labels = sklearn_models.points(generator)
    new, _ = sklearn_models.points(generator, 7)
    regressor = name.endswith('regressor')
    model = TREES[name]().fit(points, points[:, 0] * 2 if regressor else labels)
    convert = onnxmltools.convert_lightgbm if 'light' in name else onnxmltools.convert_xgboost
    types = [('input', ToolsFloatTensorType([None, FEATURES]))]
    return with_results(convert(model, initial_types=types, target_opset=15), [new])


def cases():
    """Names, and functions that give a model and its data."""
    names = [name for name in (*CLASSIFIERS, *REGRESSORS, *TRANSFORMERS) if name not in LEFT_OUT]
    for number, name in enumerate(names):
        opset = OPSETS[max(number % 4, FIRST_PAIR.get(name, 0))]
        zipped = name in CLASSIFIERS and number % 2 == 0
        title = f'{name}_{opset[""]}' + '_zipped' * zipped
        yield title, partial(estimator, name, opset, zipped, np.float32)
    for name in DOUBLE:
        yield f'{name}_double', partial(estimator, name, OPSETS[2], False, np.float64)
    for name in ENCODERS:
        yield name, partial(encoder, name)
    for opset, zipped in ((12, True), (15, 'columns'), (21, False)):
        yield f'mixed_{opset}' + f'_{zipped}'.lower() * bool(zipped), partial(mixed, opset, zipped)
    for name in TREES:
        yield name, partial(trees, name)
