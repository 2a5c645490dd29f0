"""A training in miniature: pictures, training, an interruption, export, everybody's agreement."""

import csv
import json
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import torch

from evaluate import enlarged, psnr
from export import AGREEMENT, AGREEMENT_OF_BYTES, differences, export, load
from pictures.dataset import luma, picture
from recipes import Recipe
from train import Pairs, Run, learn, new_model, train
from tune import prepared

HERE = Path(__file__).parent
RECIPE = Recipe(scale=2, channels=12, blocks=2, steps=900, rate=2e-3, batch=4, patch=32)


class MiniatureTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        torch.set_num_threads(1)
        planes = np.stack([luma(picture(seed)) for seed in range(8)])
        cls.pairs, cls.valid = Pairs(planes[:6], RECIPE, 0), Pairs(planes[6:], RECIPE, 1)
        build = HERE.parents[1] / 'build'
        build.mkdir(exist_ok=True)
        cls.folder = tempfile.TemporaryDirectory(dir=build)
        cls.checkpoint = Path(cls.folder.name) / 'miniature.pt'
        cls.train(RECIPE, new_model(RECIPE), cls.checkpoint)

    @classmethod
    def train(cls, recipe, model, checkpoint):
        train(recipe, model, cls.pairs, cls.valid, checkpoint, compiled=False, report_steps=100)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_loss_falls(self):
        with self.checkpoint.with_suffix('.csv').open(newline='') as file:
            losses = [float(line['loss']) for line in csv.DictReader(file)]
        self.assertEqual(RECIPE.steps // 100, len(losses))
        self.assertLess(losses[-1], 0.8 * losses[0])
        self.assertTrue(self.checkpoint.with_suffix('.png').exists())

    def test_pictures_it_has_not_seen_become_better_than_by_bicubic(self):
        by_bicubic = [
            psnr(enlarged(low, 2)[4:-4, 4:-4].astype(float), high[4:-4, 4:-4])
            for low, high in zip(self.valid.low, self.valid.high, strict=True)
        ]
        network = load(self.checkpoint)
        self.assertGreater(self.valid.psnr(network), np.mean(by_bicubic) + 0.3)

    def test_everybody_agrees_on_the_exported_model(self):
        path = self.checkpoint.with_suffix('.onnx')
        network = load(self.checkpoint)
        export(network, path)
        properties = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
        facts = json.loads(properties['fovea'])
        self.assertEqual(('luma', 2), (facts['color'], facts['scale']))
        for who, difference in differences(network, path).items():
            self.assertLess(difference, AGREEMENT, who)

    def test_an_interruption_changes_nothing(self):
        recipe = replace(RECIPE, steps=12)
        whole = Run(recipe, new_model(recipe))
        for _ in range(12):
            learn(whole, whole.model, self.pairs)

        path = self.checkpoint.with_name('interrupted.pt')
        first, second = (Run(recipe, new_model(recipe)) for _ in range(2))
        for _ in range(5):
            learn(first, first.model, self.pairs)
        first.save(path)
        second.resume(path)
        while second.step < 12:
            learn(second, second.model, self.pairs)
        for name, value in whole.average.state_dict().items():
            self.assertTrue(torch.equal(value, second.average.state_dict()[name]), name)

    def test_tuning_regains_what_bytes_lose(self):
        network = load(self.checkpoint)
        whole = self.valid.psnr(network)
        # All convolutions, so that there is something to lose.
        quantised = prepared(network, self.pairs, ends=True)
        before = whole - self.valid.psnr(quantised)
        recipe = replace(RECIPE.tuned(), steps=300, rate=2e-3)
        checkpoint = self.checkpoint.with_stem('miniature-int8')
        self.train(recipe, quantised, checkpoint)

        tuned = load(checkpoint)
        after = whole - self.valid.psnr(tuned)
        self.assertGreater(before, 0.02)
        self.assertLess(after, 0.5 * before)
        path = checkpoint.with_suffix('.onnx')
        export(tuned, path)
        for who, difference in differences(tuned, path).items():
            self.assertLess(difference, AGREEMENT_OF_BYTES, who)

    def test_a_larger_scale_grows_from_a_smaller_one(self):
        grown = new_model(replace(RECIPE, scale=3), self.checkpoint).state_dict()
        parent = torch.load(self.checkpoint, weights_only=True)['weights']
        self.assertTrue(torch.equal(parent['head.expand'], grown['head.expand']))
        self.assertEqual(9, len(grown['tail.bias']))


if __name__ == '__main__':
    unittest.main()
