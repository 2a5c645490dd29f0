"""Coloured noise, of which the generated pictures take their textures, clouds and mountains."""

import numpy as np


def turned(x, y, angle):
    """The coordinates (x, y) in axes turned by `angle` radians."""
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def coloured_noise(rng, size, exponent, stretch=1.0, angle=0.0):
    """Periodic noise of power spectrum 1/f^exponent, [size, size] float64, mean 0, deviation 1.

    A `stretch` above 1 draws it out across the direction `angle` (radians).
    """
    fy, fx = np.meshgrid(np.fft.fftfreq(size), np.fft.rfftfreq(size), indexing='ij')
    along, across = turned(fx, fy, angle)
    frequency = np.hypot(along * stretch, across)
    frequency[0, 0] = np.inf
    phase = np.exp(2j * np.pi * rng.random(frequency.shape))
    field = np.fft.irfft2(phase * frequency ** (-exponent / 2), s=(size, size))
    return (field - field.mean()) / field.std()
