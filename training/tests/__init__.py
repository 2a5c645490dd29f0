"""Tests of the training; `npm test -- training` runs them."""
