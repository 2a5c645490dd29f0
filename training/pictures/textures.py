"""Textures: [size, size] float32 fields around 0 with amplitude about 1, laid over a surface.

A surface is a pair of coordinates (u, v) per pixel, in pixels: turned, in perspective, or bent.
Patterns are functions of (u, v), so that all of them follow the surface.
"""

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from .noise import coloured_noise, turned

TILE = 256  # pixels after which sampled patterns repeat


def between(rng, low, high):
    """A number between two positive ones, uniform in its logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def surface(rng, size):
    """Coordinates (u, v), each [size, size] float32, of a plane or a gently bent sheet."""
    y, x = np.mgrid[:size, :size].astype(np.float32)
    u, v = turned(x, y, rng.uniform(0, 2 * np.pi))
    if rng.random() < 0.35:
        # A plane that recedes: nearer pixels show less of it.
        tilt = turned(x - size / 2, y - size / 2, rng.uniform(0, 2 * np.pi))[0] / size
        depth = 1 + rng.uniform(0.3, 1.4) * tilt
        u, v = u / depth, v / depth
    if rng.random() < 0.5:
        strength = between(rng, 4, 80)
        u = u + strength * coloured_noise(rng, size, 4).astype(np.float32)
        v = v + strength * coloured_noise(rng, size, 4).astype(np.float32)
    return u, v


def lookup(tile, u, v):
    """The periodic `tile`, [TILE, TILE], at the coordinates, by linear interpolation."""
    return map_coordinates(tile, [v, u], order=1, mode='grid-wrap', output=np.float32)


def grain(rng, u, v):
    """Coloured noise, often with a direction: stone, wood, fur, brushed metal."""
    exponent = rng.uniform(0.8, 3.5)
    stretch = rng.choice([1, 1, 2, 6, 16])
    tile = coloured_noise(rng, TILE, exponent, stretch)
    zoom = between(rng, 0.35, 1)
    return 0.5 * lookup(tile, u * zoom, v * zoom)


def waves(rng, u, v):
    """Stripes or checks, soft or sharp: fabric, feathers, fences."""
    period = between(rng, 4, 70)
    wave = np.sin(2 * np.pi * u / period)
    if rng.random() < 0.4:
        wave = wave * np.sin(2 * np.pi * v / (period * rng.uniform(0.4, 2.5)))
    sharpness = rng.choice([0, 3, 12])
    return np.tanh(sharpness * wave) if sharpness else wave


def cells(rng, u, v):
    """Voronoi cells: pebbles, scales, cracked earth, veins."""
    points = rng.uniform(0, TILE, (int(between(rng, 12, 400)), 2))
    y, x = np.mgrid[:TILE, :TILE]
    tree = cKDTree(points, boxsize=TILE)
    distances, nearest = tree.query(np.stack([x, y], axis=2).reshape(-1, 2), k=2)
    spacing = TILE / np.sqrt(len(points))
    edge = (distances[:, 1] - distances[:, 0]) / spacing
    kind = rng.random()
    if kind < 0.35:
        tile = np.clip(edge / rng.uniform(0.05, 0.4), 0, 1)
    elif kind < 0.7:
        tile = 1 - distances[:, 0] / spacing
    else:
        tile = rng.normal(0, 0.6, len(points))[nearest[:, 0]] + np.clip(edge / 0.15, 0, 1)
    tile = tile.reshape(TILE, TILE) - tile.mean()
    zoom = between(rng, 0.5, 1.5)
    return lookup(tile, u * zoom, v * zoom)


def weave(rng, u, v):
    """A small motif over and over: cloth, wallpaper, bricks, grilles, wire mesh."""
    across, down = (between(rng, 6, 90) for _ in range(2))
    row = np.floor(v / down)
    shift = rng.choice([0, 0.5]) * (row % 2)
    s, t = (u / across + shift) % 1, (v / down) % 1
    kind = rng.random()
    if kind < 0.4:  # bricks or a grid: flat faces in thin joints
        joint = rng.uniform(0.04, 0.25)
        return np.where((s < joint) | (t < joint), -1, 0.3).astype(np.float32)
    if kind < 0.7:  # threads that go over and under
        over = ((np.floor(u / across) + row) % 2).astype(bool)
        return np.where(over, np.sin(np.pi * s), np.sin(np.pi * t)) - 0.5
    motif = coloured_noise(rng, 32, rng.uniform(1.5, 3))
    return np.sign(lookup(np.kron(motif, np.ones((8, 8))), s * TILE, t * TILE))


def composed(rng, u, v):
    """A small random network of the coordinates (a compositional pattern-producing network)."""
    scale = between(rng, 20, 200)
    layer = np.stack([u / scale, v / scale, np.hypot(u, v) / scale])
    for _ in range(3):
        weights = rng.normal(0, 1.2, (5, len(layer))).astype(np.float32)
        layer = np.tensordot(weights, layer, 1) + rng.normal(0, 1, (5, 1, 1)).astype(np.float32)
        function = (np.sin, np.tanh, np.abs)[rng.integers(3)]
        layer = function(layer)
    field = layer[0] - layer[0].mean()
    return np.tanh(rng.choice([0.7, 8]) * field / (field.std() + 1e-6))


KINDS = ((grain, 0.42), (waves, 0.16), (cells, 0.12), (weave, 0.14), (composed, 0.16))


def texture(rng, size):
    """One texture over one surface, [size, size] float32, amplitude between 0.02 and 0.45."""
    u, v = surface(rng, size)
    functions, shares = zip(*KINDS, strict=True)
    field = functions[rng.choice(len(functions), p=shares)](rng, u, v)
    if rng.random() < 0.2:  # worn or dirty: it fades in and out
        field = field * np.clip(coloured_noise(rng, size, 3), 0, 1)
    return (field * between(rng, 0.02, 0.45)).astype(np.float32)
