"""How each model is made: its network, what it learns to undo, and for how long."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Recipe:
    """One model.

    start: the model whose network it grows from, all but the last layer where the scale differs.
    damage: what turns a picture into its input: 'bicubic' or 'web' (degradations.py).
    rate: the peak of Adam's learning rate. batch, patch: patches per step, low-resolution pixels
    per side of a patch. pictures: how many are generated to learn from. full_precision: the share
    of the steps, at the end, that compute in float32 throughout.
    """

    scale: int
    channels: int
    blocks: int
    steps: int
    damage: str = 'bicubic'
    start: str | None = None
    rate: float = 1e-3
    batch: int = 8
    patch: int = 48
    pictures: int = 1200
    full_precision: float = 0.15
    seed: int = 0

    def tuned(self):
        """How the same network learns to compute with bytes (tune.py)."""
        return replace(self, steps=1000, rate=1e-4, start=None, pictures=320, full_precision=1)


RECIPES = {
    'fovea-x2-fast': Recipe(scale=2, channels=16, blocks=2, steps=150_000),
    'fovea-x2': Recipe(scale=2, channels=32, blocks=5, steps=90_000),
    'fovea-x3': Recipe(scale=3, channels=32, blocks=5, steps=50_000, start='fovea-x2', rate=5e-4),
    'fovea-x4': Recipe(scale=4, channels=32, blocks=5, steps=50_000, start='fovea-x2', rate=5e-4),
    'fovea-x2-web': Recipe(scale=2, channels=32, blocks=5, steps=60_000, damage='web'),
}
