import unittest

import numpy as np

from degradations import bicubic, jpeg, web
from pictures.dataset import SIDE, contact_sheet, luma, picture


class PicturesTest(unittest.TestCase):
    def test_a_seed_is_a_picture(self):
        first, again, other = picture(5), picture(5), picture(6)
        self.assertEqual((SIDE, SIDE, 3), first.shape)
        np.testing.assert_array_equal(first, again)
        self.assertGreater(np.abs(first.astype(float) - other).mean(), 5)

    def test_pictures_have_contrast_and_detail(self):
        for seed in range(4):
            plane = luma(picture(seed)).astype(float)
            self.assertGreater(plane.std(), 5)
            self.assertGreater(np.abs(np.diff(plane)).mean(), 0.5)

    def test_luma_of_greys_and_primaries(self):
        rgb = np.array(
            [[[7, 7, 7], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8
        )
        self.assertEqual([[7, 255, 76, 150, 29]], luma(rgb).tolist())

    def test_contact_sheet_keeps_the_order(self):
        flat = [np.full((SIDE, SIDE, 3), value, np.uint8) for value in range(24)]
        sheet = contact_sheet(flat)
        self.assertEqual((4 * SIDE // 2, 6 * SIDE // 2, 3), sheet.shape)
        self.assertEqual(
            np.arange(24).tolist(), sheet[:: SIDE // 2, :: SIDE // 2, 0].ravel().tolist()
        )


class DegradationsTest(unittest.TestCase):
    def setUp(self):
        y, x = np.mgrid[:96, :72]
        self.plane = (128 + 60 * np.sin(x / 7) + 50 * np.cos(y / 9)).astype(np.uint8)

    def test_sizes(self):
        rng = np.random.default_rng(0)
        for scale in (2, 3, 4):
            for damage in (bicubic, web):
                small = damage(rng, self.plane, scale)
                self.assertEqual((96 // scale, 72 // scale), small.shape)
                self.assertEqual(np.uint8, small.dtype)

    def test_the_web_does_not_move_or_tint_the_picture(self):
        rng = np.random.default_rng(1)
        clean = bicubic(rng, self.plane, 2).astype(float)
        for _ in range(30):
            damaged = web(rng, self.plane, 2)
            self.assertLess(abs((damaged - clean).mean()), 1)
            self.assertLess(np.abs(damaged - clean).mean(), 8)

    def test_lower_quality_damages_more(self):
        errors = [
            np.abs(jpeg(self.plane, q).astype(float) - self.plane).mean() for q in (95, 50, 10)
        ]
        self.assertEqual(sorted(errors), errors)
        self.assertGreater(errors[2], 2 * errors[0])


if __name__ == '__main__':
    unittest.main()
