import unittest

import torch

from model import LumaNet
from recipes import RECIPES


def parameters(network):
    return sum(parameter.numel() for parameter in network.parameters())


class LumaNetTest(unittest.TestCase):
    def test_collapsing_changes_nothing(self):
        torch.manual_seed(3)
        for scale in (2, 3, 4):
            network = LumaNet(scale, channels=6, blocks=3).double()
            picture = torch.rand(2, 1, 9, 13, dtype=torch.float64)
            learned = network(picture)
            self.assertEqual((2, 1, scale * 9, scale * 13), learned.shape)
            plain = network.collapse()
            self.assertFalse(any(hasattr(module, 'expand') for module in plain.modules()))
            torch.testing.assert_close(plain(picture), learned, rtol=0, atol=1e-12)

    def test_untrained_it_repeats_pixels(self):
        network = LumaNet(2, channels=4, blocks=2)
        for name, value in network.named_parameters():
            if name.endswith('project'):
                torch.nn.init.zeros_(value)
        picture = torch.rand(1, 1, 5, 7)
        repeated = picture.repeat_interleave(2, 2).repeat_interleave(2, 3)
        torch.testing.assert_close(network(picture), repeated)

    def test_models_keep_to_their_sizes(self):
        for name, recipe in RECIPES.items():
            network = LumaNet(recipe.scale, recipe.channels, recipe.blocks).collapse()
            most = 15_000 if name.endswith('fast') else 60_000
            self.assertLessEqual(parameters(network), most, name)


if __name__ == '__main__':
    unittest.main()
