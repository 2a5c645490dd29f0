"""MATLAB's bicubic against its definition written as loops."""

import math
import unittest

import numpy as np

from imresize import imresize, resize_matrix

LENGTHS = [(12, 6), (13, 5), (12, 4), (7, 14), (5, 15), (9, 7), (7, 9), (1, 3), (3, 1), (40, 3)]


def cubic(x):
    """Keys' kernel for a = -0.5, in Horner's form."""
    x = abs(x)
    if x < 1:
        return (1.5 * x - 2.5) * x * x + 1
    return ((-0.5 * x + 2.5) * x - 4) * x + 2 if x < 2 else 0.0


def mirrored(index, length):
    """The sample that stands at `index` of a row repeated back and forth without end."""
    while not 0 <= index < length:
        index = -1 - index if index < 0 else 2 * length - 1 - index
    return index


def resized_row(row, length):
    """`row` at `length` samples: for each, every sample that its kernel reaches."""
    step = len(row) / length
    width = max(step, 1)
    result = []
    for out in range(length):
        centre = (out + 0.5) * step - 0.5
        reached = range(math.floor(centre - 2 * width), math.ceil(centre + 2 * width) + 1)
        weights = [cubic((index - centre) / width) for index in reached]
        terms = zip(weights, reached, strict=True)
        total = sum(weight * row[mirrored(index, len(row))] for weight, index in terms)
        result.append(total / sum(weights))
    return result


class ImresizeTest(unittest.TestCase):
    def test_rows_sum_to_one(self):
        for length, out_length in LENGTHS:
            with self.subTest(length=length, out_length=out_length):
                sums = resize_matrix(length, out_length).sum(axis=1)
                np.testing.assert_allclose(sums, 1, rtol=0, atol=1e-14)

    def test_equal_sizes_change_nothing(self):
        for length in (1, 2, 9):
            np.testing.assert_array_equal(resize_matrix(length, length), np.eye(length))
        image = np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)
        np.testing.assert_array_equal(imresize(image, 5, 7), image)

    def test_agrees_with_a_loop(self):
        random = np.random.default_rng(2)
        for length, out_length in LENGTHS:
            with self.subTest(length=length, out_length=out_length):
                row = random.random(length)
                found = resize_matrix(length, out_length) @ row
                np.testing.assert_allclose(found, resized_row(row, out_length), atol=1e-13)

    def test_goes_through_rows_and_columns_of_every_channel(self):
        image = np.random.default_rng(3).random((6, 9, 2))
        found = imresize(image, 4, 13)
        self.assertEqual(found.shape, (4, 13, 2))
        columns = np.apply_along_axis(resized_row, 0, image, 4)
        np.testing.assert_allclose(
            found, np.apply_along_axis(resized_row, 1, columns, 13), atol=1e-13
        )
        np.testing.assert_allclose(imresize(image[..., 0], 4, 13), found[..., 0], atol=1e-13)

    def test_bytes_round_and_clip(self):
        image = np.zeros((8, 8), np.uint8)
        image[:, 4:] = 255
        found, exact = imresize(image, 16, 16), imresize(image.astype(float), 16, 16)
        self.assertLess(exact.min(), -1)
        self.assertGreater(exact.max(), 256)
        self.assertEqual(found.dtype, np.uint8)
        np.testing.assert_array_equal(found, np.clip(np.floor(exact + 0.5), 0, 255))
