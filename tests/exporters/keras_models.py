"""Networks of Keras, whose pictures are [N, H, W, C], as tf2onnx writes them."""

import os
import zlib

os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '3')

import keras
import numpy as np
import tensorflow as tf
import tf2onnx
from keras import layers

from fixtures import few_values


def conv(x, filters, size=3, **options):
    return layers.Conv2D(filters, size, padding='same', **options)(x)


def srcnn(x):
    """9-1-5 on an image already enlarged."""
    return conv(conv(conv(x, 8, 9, activation='relu'), 6, 1, activation='relu'), 3, 5)


def espcn(x):
    """Sub-pixel convolution by tf.nn.depth_to_space."""
    x = conv(x, 8, 5, activation='tanh')
    x = conv(x, 4 * 3)
    return tf_function(lambda y: tf.nn.depth_to_space(y, 2))(x)


def fsrcnn(x):
    """PReLU with one slope per channel, a transposed convolution."""
    x = layers.PReLU(shared_axes=[1, 2])(conv(x, 8, 5))
    x = layers.PReLU(shared_axes=[1, 2])(conv(x, 8))
    return layers.Conv2DTranspose(3, 9, strides=2, padding='same')(x)


def edsr(x):
    """Residual blocks, scaled."""
    head = y = conv(x, 8)
    for _ in range(2):
        z = conv(conv(y, 8, activation='relu'), 8)
        y = layers.Add()([y, layers.Rescaling(0.1)(z)])
    y = layers.Add()([head, conv(y, 8)])
    return conv(tf_function(lambda z: tf.nn.depth_to_space(z, 2))(conv(y, 32)), 3)


def rcan(x):
    """Channels gated by dense layers on their means."""
    y = conv(x, 8)
    z = conv(conv(y, 8, activation='relu'), 8)
    gate = layers.GlobalAveragePooling2D(keepdims=True)(z)
    gate = layers.Conv2D(8, 1, activation='sigmoid')(layers.Conv2D(2, 1, activation='relu')(gate))
    return conv(layers.Add()([y, layers.Multiply()([z, gate])]), 3)


def rrdb(x):
    """Dense connections, enlarged by nearest neighbours."""
    found = [conv(x, 6)]
    for _ in range(2):
        y = layers.Concatenate()(found) if len(found) > 1 else found[0]
        found.append(layers.LeakyReLU(negative_slope=0.2)(conv(y, 4)))
    y = conv(layers.Concatenate()(found), 6)
    y = layers.Add()([found[0], layers.Rescaling(0.2)(y)])
    return conv(layers.UpSampling2D(2)(y), 3)


def unet(x):
    """Down by pooling, up bilinearly, with batch normalisation and dropout."""
    skip = layers.ReLU()(layers.BatchNormalization()(conv(x, 6, use_bias=False)))
    y = layers.MaxPooling2D(2)(skip)
    y = layers.Dropout(0.5)(layers.Activation('relu')(layers.BatchNormalization()(conv(y, 8))))
    y = tf_function(lambda z: tf.image.resize(z, 2 * tf.shape(z)[1:3]))(y)
    y = layers.Concatenate()(
        [layers.Conv2DTranspose(6, 2, strides=2)(layers.AveragePooling2D(2)(skip)), y]
    )
    return conv(y, 2, 1, activation='softmax')


def mobilenet(x):
    """Depthwise convolutions padded by hand, as Keras's applications have them."""
    y = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    y = layers.Conv2D(8, 3, strides=2, padding='valid', use_bias=False)(y)
    y = layers.ReLU(6.0)(layers.BatchNormalization(epsilon=1e-3)(y))
    z = layers.DepthwiseConv2D(3, padding='same', use_bias=False)(y)
    z = layers.ReLU(6.0)(layers.BatchNormalization()(z))
    z = layers.BatchNormalization()(layers.Conv2D(8, 1, use_bias=False)(z))
    y = layers.Add()([y, z])
    y = layers.SeparableConv2D(12, 3, strides=2, padding='same')(y)
    y = layers.GlobalAveragePooling2D()(y)
    return layers.Dense(5, activation='softmax')(y)


def efficientnet(x):
    """Swish, squeeze and excitation by a Reshape, normalised input."""
    y = layers.Rescaling(1 / 0.5, offset=-1.0)(x)
    y = conv(y, 8, strides=2, activation='swish')
    gate = layers.GlobalAveragePooling2D()(y)
    gate = layers.Reshape((1, 1, 8))(gate)
    gate = conv(conv(gate, 2, 1, activation='swish'), 8, 1, activation='sigmoid')
    y = layers.Multiply()([y, gate])
    y = layers.DepthwiseConv2D(5, strides=1, padding='same', activation='hard_sigmoid')(y)
    return layers.Dense(4)(layers.Flatten()(layers.MaxPooling2D(3, 2, padding='same')(y)))


class Positions(layers.Layer):
    """Adds a learned value for each place."""

    def build(self, shape):
        self.places = self.add_weight(shape=(1, *shape[1:]), initializer='uniform', name='places')

    def call(self, x):
        return x + self.places


def vit(x):
    """Patches, positions and Keras's MultiHeadAttention."""
    y = layers.Reshape((-1, 12))(layers.Conv2D(12, 4, strides=4)(x))
    y = Positions()(y)
    normed = layers.LayerNormalization(epsilon=1e-6)(y)
    y = layers.Add()([y, layers.MultiHeadAttention(3, 4)(normed, normed)])
    z = layers.Dense(16)(layers.LayerNormalization()(y))
    z = tf_function(lambda v: tf.nn.gelu(v, approximate=True))(z)
    y = layers.Add()([y, layers.Dense(12)(z)])
    return layers.Dense(3)(layers.GlobalAveragePooling1D()(y))


def shapes(x):
    """Crops, pads, resizes and statistics, by TensorFlow's functions."""

    def function(y):
        size = tf.shape(y)[1:3]
        larger = tf.image.resize(y, size * 2, method='bicubic')
        nearest = tf.image.resize(y, (7, 9), method='nearest')
        reflected = tf.pad(y, [[0, 0], [2, 1], [1, 2], [0, 0]], mode='REFLECT')
        mean, variance = tf.nn.moments(y, axes=[1, 2], keepdims=True)
        normed = (y - mean) * tf.math.rsqrt(variance + 1e-5)
        parts = tf.split(normed, 3, axis=-1)
        joined = tf.stack([tf.reduce_max(parts[0], -1), tf.squeeze(parts[1], -1)], axis=-1)
        blocks = tf.nn.space_to_depth(y[:, :8, :8], 2)
        picked = tf.gather(tf.transpose(y, [0, 2, 1, 3]), [2, 0], axis=1)
        return larger, nearest, reflected, joined, blocks, picked, y[:, ::-1, 1:-1:2, 1]

    return tf_function(function)(x)


def lstm(x):
    """[N, T, C]: an LSTM both ways, then a GRU."""
    y = layers.Bidirectional(layers.LSTM(5, return_sequences=True))(x)
    return layers.Dense(3)(layers.GRU(4, reset_after=True)(y))


def recurrent(x):
    """Recurrent layers that tf2onnx leaves as loops."""
    y = layers.SimpleRNN(5, return_sequences=True)(x)
    return layers.TimeDistributed(layers.Dense(3))(
        layers.GRU(4, reset_after=False, return_sequences=True)(y)
    )


def conv1d(x):
    """Causal and dilated convolutions over a series."""
    y = layers.Conv1D(6, 3, padding='causal', dilation_rate=2, activation='elu')(x)
    y = layers.MaxPooling1D(2)(layers.LayerNormalization()(y))
    return layers.UpSampling1D(2)(layers.Conv1DTranspose(4, 3, strides=2, padding='same')(y))


def volumes(x):
    """[N, D, H, W, C]."""
    y = layers.Conv3D(4, 3, padding='same', activation='relu')(x)
    y = layers.Conv3D(4, 2, strides=2)(y)
    return layers.Conv3DTranspose(2, 2, strides=2)(layers.UpSampling3D((1, 2, 2))(y))


def dilated(x):
    """Atrous convolutions, which TensorFlow writes by SpaceToBatch."""
    y = conv(x, 6, dilation_rate=2, activation='selu')
    y = layers.DepthwiseConv2D(3, depth_multiplier=2, padding='valid', dilation_rate=2)(y)
    return layers.GroupNormalization(3)(conv(y, 6, activation='softplus'))


def tf_function(function):
    return layers.Lambda(function)


# name -> (what makes it, one input's shape without the batch, another's where sizes are free).
NETWORKS = {
    'srcnn': (srcnn, (11, 9, 3), (8, 12, 3)),
    'espcn': (espcn, (9, 8, 1), (6, 11, 1)),
    'fsrcnn': (fsrcnn, (7, 8, 1), (6, 9, 1)),
    'edsr': (edsr, (8, 7, 3), (6, 9, 3)),
    'rcan': (rcan, (8, 7, 3), (6, 9, 3)),
    'rrdb': (rrdb, (8, 7, 3), (6, 9, 3)),
    'unet': (unet, (12, 8, 3), (8, 16, 3)),
    'mobilenet': (mobilenet, (16, 17, 3), (18, 14, 3)),
    'efficientnet': (efficientnet, (12, 16, 3), None),
    'vit': (vit, (12, 16, 3), None),
    'shapes': (shapes, (8, 9, 3), None),
    'lstm': (lstm, (5, 4), (7, 4)),
    'recurrent': (recurrent, (5, 4), None),
    'conv1d': (conv1d, (12, 3), (16, 3)),
    'volumes': (volumes, (4, 4, 6, 2), None),
    'dilated': (dilated, (9, 8, 3), (10, 11, 3)),
}


def draw(shape, generator):
    return (generator.integers(0, 257, shape) / 256).astype(np.float32)


def build(name, free, dtype='float32'):
    """The network with weights that depend on the name only, in float64 or as exported."""
    function, shape, other = NETWORKS[name]
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    keras.backend.set_floatx(dtype)
    x = keras.Input([None] * (len(shape) - 1) + [shape[-1]] if free else shape, name='input')
    model = keras.Model(x, function(x))
    model.set_weights([weight_like(w, generator) for w in model.get_weights()])
    sizes = [(1, *shape)] + ([(2, *other)] if free else [])
    return model, [draw(size, generator) for size in sizes]


def weight_like(weight, generator):
    if weight.ndim > 1:
        return few_values(weight, generator)
    around = 1.0 if weight.size and np.all(weight == 1) else 0.0
    return (around + generator.integers(-4, 5, weight.shape) / 16).astype(weight.dtype)


def export(name, free, opset, **options):
    """A ModelProto, and pairs of inputs and outputs."""
    model, inputs = build(name, free)
    tf2onnx.utils.INTERNAL_NAME = 1  # what it numbers names by
    shape = [None, *model.inputs[0].shape[1:]]
    signature = [tf.TensorSpec(shape, tf.float32, name='input')]
    proto, _ = tf2onnx.convert.from_function(
        tf.function(lambda x: model(x, training=False)), signature, opset=opset, **options
    )
    exact, _ = build(name, free, 'float64')
    exact.set_weights(model.get_weights())
    found = []
    for value in inputs:
        outputs = exact(value.astype(np.float64), training=False)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        outputs = [np.asarray(y) for y in outputs]
        found.append(
            ([value], [y.astype(np.float32) if y.dtype == np.float64 else y for y in outputs])
        )
    return proto, found
