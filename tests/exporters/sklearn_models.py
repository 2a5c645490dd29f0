"""Estimators of scikit-learn, LightGBM and XGBoost, as skl2onnx and onnxmltools convert them."""

import numpy as np
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn import (
    cluster,
    compose,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_selection,
    gaussian_process,
    impute,
    linear_model,
    mixture,
    multiclass,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    svm,
    tree,
)
from sklearn.calibration import CalibratedClassifierCV

FEATURES = 5


def points(generator, rows=60):
    """Three clouds, as float32 with few bits, and which of them each point is of."""
    labels = np.arange(rows) % 3
    centres = generator.integers(-8, 9, (3, FEATURES)) / 2
    x = centres[labels] + generator.integers(-16, 17, (rows, FEATURES)) / 8
    return x.astype(np.float32), labels


def chain(*steps):
    return pipeline.make_pipeline(*steps)


CLASSIFIERS = {
    'logistic': lambda: chain(preprocessing.StandardScaler(), linear_model.LogisticRegression()),
    'logistic_ovr': lambda: multiclass.OneVsRestClassifier(linear_model.LogisticRegression()),
    'forest': lambda: ensemble.RandomForestClassifier(5, max_depth=4, random_state=0),
    'extra_trees': lambda: ensemble.ExtraTreesClassifier(4, max_depth=4, random_state=0),
    'boosting': lambda: ensemble.GradientBoostingClassifier(n_estimators=4, random_state=0),
    'histogram': lambda: ensemble.HistGradientBoostingClassifier(max_iter=4, min_samples_leaf=4),
    'adaboost': lambda: ensemble.AdaBoostClassifier(n_estimators=4, random_state=0),
    'bagging': lambda: ensemble.BaggingClassifier(n_estimators=3, random_state=0),
    'tree': lambda: tree.DecisionTreeClassifier(max_depth=4, random_state=0),
    'svc': lambda: svm.SVC(probability=True, random_state=0),
    'svc_scores': lambda: svm.SVC(kernel='poly', degree=2, decision_function_shape='ovo'),
    'nu_svc': lambda: svm.NuSVC(kernel='sigmoid', nu=0.2),
    'linear_svc': lambda: svm.LinearSVC(random_state=0),
    'neighbours': lambda: neighbors.KNeighborsClassifier(3),
    'mlp': lambda: neural_network.MLPClassifier((6,), max_iter=60, random_state=0),
    'gaussian': lambda: naive_bayes.GaussianNB(),
    'bernoulli': lambda: naive_bayes.BernoulliNB(),
    'lda': lambda: discriminant_analysis.LinearDiscriminantAnalysis(),
    'qda': lambda: discriminant_analysis.QuadraticDiscriminantAnalysis(),
    'sgd': lambda: linear_model.SGDClassifier(loss='log_loss', random_state=0),
    'calibrated': lambda: CalibratedClassifierCV(svm.LinearSVC(random_state=0), cv=2),
    'voting': lambda: ensemble.VotingClassifier(
        [('a', linear_model.LogisticRegression()), ('b', tree.DecisionTreeClassifier(max_depth=3))],
        voting='soft',
    ),
    'stacking': lambda: ensemble.StackingClassifier(
        [('a', linear_model.LogisticRegression()), ('b', naive_bayes.GaussianNB())], cv=2
    ),
    'scaled': lambda: chain(
        preprocessing.MinMaxScaler(), preprocessing.Normalizer(), svm.SVC(kernel='linear')
    ),
    'selected': lambda: chain(
        feature_selection.SelectKBest(k=3), preprocessing.PolynomialFeatures(2),
        linear_model.LogisticRegression(max_iter=1000),
    ),
}  # fmt: skip

REGRESSORS = {
    'linear': lambda: chain(preprocessing.RobustScaler(), linear_model.LinearRegression()),
    'forest_regressor': lambda: ensemble.RandomForestRegressor(4, max_depth=4, random_state=0),
    'boosting_regressor': lambda: ensemble.GradientBoostingRegressor(
        n_estimators=5, random_state=0
    ),
    'histogram_regressor': lambda: ensemble.HistGradientBoostingRegressor(
        max_iter=4, min_samples_leaf=4
    ),
    'svr': lambda: svm.SVR(),
    'neighbours_regressor': lambda: neighbors.KNeighborsRegressor(3, weights='distance'),
    'mlp_regressor': lambda: neural_network.MLPRegressor(
        hidden_layer_sizes=(5, 4), activation='tanh', max_iter=50, random_state=0
    ),
    'process': lambda: gaussian_process.GaussianProcessRegressor(),
    'poisson': lambda: linear_model.PoissonRegressor(max_iter=50),
    'ransac': lambda: linear_model.HuberRegressor(),
}

TRANSFORMERS = {
    'pca': lambda: chain(preprocessing.StandardScaler(), decomposition.PCA(2)),
    'svd': lambda: decomposition.TruncatedSVD(2, random_state=0),
    'kmeans': lambda: cluster.KMeans(3, n_init=1, random_state=0),
    'mini_batches': lambda: cluster.MiniBatchKMeans(3, n_init=1, random_state=0),
    'isolation': lambda: ensemble.IsolationForest(n_estimators=4, random_state=0),
    'outliers': lambda: neighbors.LocalOutlierFactor(n_neighbors=5, novelty=True),
    'one_class': lambda: svm.OneClassSVM(),
    'mixture': lambda: mixture.GaussianMixture(2, random_state=0),
    'bins': lambda: preprocessing.KBinsDiscretizer(3, encode='ordinal', strategy='uniform'),
    'binary': lambda: preprocessing.Binarizer(threshold=0.5),
    'power': lambda: preprocessing.PowerTransformer(),
    'imputed': lambda: chain(impute.SimpleImputer(), preprocessing.MaxAbsScaler()),
    'neighbours_imputed': lambda: impute.KNNImputer(n_neighbors=2),
    'union': lambda: pipeline.make_union(preprocessing.StandardScaler(), decomposition.PCA(1)),
    'quantiles': lambda: preprocessing.QuantileTransformer(n_quantiles=8),
}


def results_of(model, x):
    """What a fitted estimator says, in the order in which a converter has its outputs."""
    if hasattr(model, 'classes_'):
        scores = (
            model.predict_proba(x)
            if hasattr(model, 'predict_proba')
            else model.decision_function(x)
        )
        return [model.predict(x), scores]
    return None


def fitted(name, generator):
    """A fitted estimator, and new points."""
    x, labels = points(generator)
    new, _ = points(generator, 7)
    if name in CLASSIFIERS:
        return CLASSIFIERS[name]().fit(x, labels), new
    if name in REGRESSORS:
        return REGRESSORS[name]().fit(x, np.abs(x @ np.arange(FEATURES)) / 4), new
    if 'imputed' in name:
        x = x.copy()
        x[::4, 1], new[::3, 2] = np.nan, np.nan
    return TRANSFORMERS[name]().fit(x), new


def mixed_columns(generator):
    """A pipeline over a column of words, one of integers and two of numbers."""
    words = np.array(['red', 'green', 'blue', 'red', 'blue', 'green'] * 5)[:, None]
    ages = generator.integers(18, 80, (30, 1))
    numbers = (generator.integers(-64, 65, (30, 2)) / 16).astype(np.float32)
    labels = np.array(['yes', 'no', 'no'] * 10)
    import pandas

    def frame(words, ages, numbers):
        return pandas.DataFrame(
            {'colour': words[:, 0], 'age': ages[:, 0], 'a': numbers[:, 0], 'b': numbers[:, 1]}
        )

    columns = compose.ColumnTransformer(
        [
            ('words', preprocessing.OneHotEncoder(handle_unknown='ignore'), ['colour']),
            ('ages', preprocessing.StandardScaler(), ['age']),
            ('numbers', chain(impute.SimpleImputer(), preprocessing.StandardScaler()), ['a', 'b']),
        ]
    )
    model = chain(columns, linear_model.LogisticRegression())
    model.fit(frame(words, ages, numbers), labels)
    fed = [words[:4], ages[:4].astype(np.int64), numbers[:4, :1], numbers[:4, 1:]]
    fed[0] = np.array([['red'], ['blue'], ['violet'], ['green']], dtype=object)
    types = [
        ('colour', StringTensorType([None, 1])),
        ('age', Int64TensorType([None, 1])),
        ('a', FloatTensorType([None, 1])),
        ('b', FloatTensorType([None, 1])),
    ]
    return model, types, fed, frame(fed[0], fed[1], np.hstack(fed[2:]))
