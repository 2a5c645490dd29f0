"""Small versions of published restoration networks and of what they are built from.

`references.py` exports them with random weights. Unless said otherwise, each maps float32
[N, C, H, W] to the same layout.
"""

import torch
from torch import nn
from torch.nn import functional


class Residual(nn.Sequential):
    """x + body(x)."""

    def forward(self, x):
        return x + super().forward(x)


def srcnn(widths=(12, 8)):
    """Dong et al., ECCV 2014: 9-1-5 on an image already enlarged."""
    first, second = widths
    return nn.Sequential(
        nn.Conv2d(3, first, 9, padding=4),
        nn.ReLU(),
        nn.Conv2d(first, second, 1),
        nn.ReLU(),
        nn.Conv2d(second, 3, 5, padding=2),
    )


def espcn(scale=3):
    """Shi et al., CVPR 2016: a chain of convolutions, then sub-pixel shuffle."""
    return nn.Sequential(
        nn.Conv2d(1, 12, 5, padding=2),
        nn.Tanh(),
        nn.Conv2d(12, 8, 3, padding=1),
        nn.Tanh(),
        nn.Conv2d(8, scale**2, 3, padding=1),
        nn.PixelShuffle(scale),
        nn.Sigmoid(),
    )


def fsrcnn(scale=3):
    """Dong et al., ECCV 2016: shrink, map, expand, transposed convolution."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, padding=2),
        nn.PReLU(16),
        nn.Conv2d(16, 6, 1),
        nn.PReLU(6),
        nn.Conv2d(6, 6, 3, padding=1),
        nn.PReLU(6),
        nn.Conv2d(6, 16, 1),
        nn.PReLU(16),
        nn.ConvTranspose2d(16, 1, 9, stride=scale, padding=4, output_padding=scale - 1),
    )


def upconv():
    """waifu2x's upconv_7 in small: unpadded convolutions, so output = 2 (input - 6) pixels."""
    return nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.LeakyReLU(0.1),
        nn.Conv2d(8, 12, 3),
        nn.LeakyReLU(0.1),
        nn.ConvTranspose2d(12, 3, 4, stride=2, padding=3),
    )


class Compact(nn.Module):
    """Real-ESRGAN's compact network: convolutions, shuffle, plus the input repeated."""

    def __init__(self, scale=4):
        super().__init__()
        self.scale = scale
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.PReLU(8))
        for _ in range(2):
            self.body.extend([nn.Conv2d(8, 8, 3, padding=1), nn.PReLU(8)])
        self.body.append(nn.Conv2d(8, 3 * scale**2, 3, padding=1))

    def forward(self, x):
        base = functional.interpolate(x, scale_factor=self.scale, mode='nearest')
        return functional.pixel_shuffle(self.body(x), self.scale) + base


class DenseBlock(nn.Module):
    """ESRGAN's residual dense block (Wang et al., ECCVW 2018)."""

    def __init__(self, channels=6, growth=3):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv2d(channels + i * growth, growth if i < 4 else channels, 3, padding=1)
            for i in range(5)
        )

    def forward(self, x):
        found = [x]
        for conv in self.convs[:-1]:
            found.append(functional.leaky_relu(conv(torch.cat(found, 1)), 0.2))
        return x + 0.2 * self.convs[-1](torch.cat(found, 1))


class Rrdb(nn.Module):
    """ESRGAN with one residual-in-residual dense block of two, x2 by nearest enlargement."""

    def __init__(self):
        super().__init__()
        self.head = nn.Conv2d(3, 6, 3, padding=1)
        self.body = nn.Sequential(DenseBlock(), DenseBlock())
        self.up = nn.Conv2d(6, 6, 3, padding=1)
        self.tail = nn.Conv2d(6, 3, 3, padding=1)

    def forward(self, x):
        features = self.head(x)
        features = features + 0.2 * self.body(features)
        features = self.up(functional.interpolate(features, scale_factor=2, mode='nearest'))
        return self.tail(functional.leaky_relu(features, 0.2))


def mobile():
    """Depthwise, grouped, strided and dilated convolutions with the activations of small nets."""
    return nn.Sequential(
        nn.Conv2d(3, 12, 3, stride=2, padding=1),
        nn.Hardswish(),
        nn.Conv2d(12, 12, 5, padding=2, groups=12),
        nn.ReLU6(),
        nn.Conv2d(12, 24, 3, padding=2, dilation=2, groups=3),
        nn.SiLU(),
        nn.Conv2d(24, 24, (1, 3), padding=(0, 1), groups=24),
        nn.Hardsigmoid(),
        nn.Conv2d(24, 6, 1, bias=False),
        nn.Tanh(),
    )


def batch_norm():
    """Pre-activation residual block: the normalisation stands before its convolution, unfused."""
    return nn.Sequential(
        nn.Conv2d(3, 12, 3, padding=1),
        Residual(
            nn.BatchNorm2d(12),
            nn.ReLU(),
            nn.Conv2d(12, 12, 3, padding=1),
            nn.BatchNorm2d(12, affine=False),
            nn.LeakyReLU(0.1),
            nn.Conv2d(12, 12, 3, padding=1),
        ),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.BatchNorm2d(12),
    )


class UNet(nn.Module):
    """One level of a U-Net with instance normalisation, pooling and a skip by concatenation."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.InstanceNorm2d(8, affine=True), nn.ReLU()
        )
        self.deep = nn.Sequential(
            nn.MaxPool2d(2),
            nn.Conv2d(8, 12, 3, padding=1),
            nn.InstanceNorm2d(12, affine=True),
            nn.LeakyReLU(0.2),
            nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            nn.ConvTranspose2d(12, 8, 2, stride=2),
        )
        self.tail = nn.Conv2d(16, 3, 3, padding=1)

    def forward(self, x):
        skip = self.down(x)
        return self.tail(torch.cat([skip, self.deep(skip)], 1))


class ChannelAttention(nn.Module):
    """RCAN's squeeze and excitation (Zhang et al., ECCV 2018)."""

    def __init__(self, channels=12, squeezed=3):
        super().__init__()
        self.gate = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, squeezed, 1),
            nn.ReLU(),
            nn.Conv2d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return x * self.gate(x)


def rcan():
    return nn.Sequential(
        nn.Conv2d(3, 12, 3, padding=1),
        Residual(
            nn.Conv2d(12, 12, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(12, 12, 3, padding=1),
            ChannelAttention(),
        ),
        nn.Conv2d(12, 12, 3, padding=1),
        nn.PixelShuffle(2),
    )


class ChannelNorm(nn.Module):
    """NAFNet's LayerNorm2d: normalises over the channels at each pixel."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x):
        centred = x - x.mean(1, keepdim=True)
        variance = centred.pow(2).mean(1, keepdim=True)
        return self.weight * (centred / (variance + 1e-6).sqrt()) + self.bias


class SimpleGate(nn.Module):
    """The product of the two halves of the channels."""

    def forward(self, x):
        one, two = x.chunk(2, dim=1)
        return one * two


class NafBlock(nn.Module):
    """NAFNet's block (Chen et al., ECCV 2022)."""

    def __init__(self, channels=8):
        super().__init__()
        self.spatial = nn.Sequential(
            ChannelNorm(channels),
            nn.Conv2d(channels, 2 * channels, 1),
            nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2 * channels),
            SimpleGate(),
        )
        self.attention = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(channels, channels, 1))
        self.project = nn.Conv2d(channels, channels, 1)
        self.feed = nn.Sequential(
            ChannelNorm(channels),
            nn.Conv2d(channels, 2 * channels, 1),
            SimpleGate(),
            nn.Conv2d(channels, channels, 1),
        )
        self.beta = nn.Parameter(torch.zeros(1, channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x):
        gated = self.spatial(x)
        x = x + self.beta * self.project(gated * self.attention(gated))
        return x + self.gamma * self.feed(x)


class WindowAttention(nn.Module):
    """Swin's attention inside windows of `size` x `size` tokens: [N, H, W, C] -> the same."""

    def __init__(self, channels=12, heads=3, size=4):
        super().__init__()
        self.heads, self.size, self.scale = heads, size, (channels // heads) ** -0.5
        self.qkv = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)
        self.position = nn.Parameter(torch.zeros(heads, size**2, size**2))

    def forward(self, x):
        n, height, width, channels = x.shape
        rows, columns, tokens = height // self.size, width // self.size, self.size**2
        x = x.view(n, rows, self.size, columns, self.size, channels).permute(0, 1, 3, 2, 4, 5)
        qkv = self.qkv(x.reshape(-1, tokens, channels))
        qkv = qkv.reshape(-1, tokens, 3, self.heads, channels // self.heads).permute(2, 0, 3, 1, 4)
        q, k, v = qkv.unbind(0)
        weight = (self.scale * q @ k.transpose(-2, -1) + self.position).softmax(-1)
        x = self.project((weight @ v).transpose(1, 2).reshape(-1, tokens, channels))
        x = x.view(n, rows, columns, self.size, self.size, channels).permute(0, 1, 3, 2, 4, 5)
        return x.reshape(n, height, width, channels)


class SwinBlock(nn.Module):
    """SwinIR's layer (Liang et al., ICCVW 2021), windows shifted by half of their size."""

    def __init__(self, channels=12):
        super().__init__()
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.norm = nn.LayerNorm(channels)
        self.attention = WindowAttention(channels)
        self.mlp = nn.Sequential(
            nn.LayerNorm(channels),
            nn.Linear(channels, 2 * channels),
            nn.GELU(),
            nn.Linear(2 * channels, channels),
        )

    def forward(self, x):
        tokens = self.head(x).permute(0, 2, 3, 1)
        shifted = torch.roll(self.norm(tokens), (-2, -2), (1, 2))
        tokens = tokens + torch.roll(self.attention(shifted), (2, 2), (1, 2))
        return (tokens + self.mlp(tokens)).permute(0, 3, 1, 2)


class Interpolations(nn.Module):
    """Every way PyTorch enlarges or reduces: a tuple of results."""

    def forward(self, x):
        size = (13, 9)
        return (
            functional.interpolate(x, scale_factor=2.0, mode='nearest'),
            functional.interpolate(x, scale_factor=2.0, mode='bilinear', align_corners=False),
            functional.interpolate(x, scale_factor=1.5, mode='bilinear', align_corners=True),
            functional.interpolate(x, scale_factor=3.0, mode='bicubic', align_corners=False),
            functional.interpolate(x, size=size, mode='bicubic', align_corners=True),
            functional.interpolate(x, size=(4, 5), mode='bilinear', align_corners=False),
        )


class Pads(nn.Module):
    """Every kind of padding, then a convolution that wants none."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)

    def forward(self, x):
        sides = (2, 1, 3, 1)
        return (
            self.conv(functional.pad(x, sides, mode='reflect')),
            self.conv(functional.pad(x, sides, mode='replicate')),
            self.conv(functional.pad(x, sides, mode='constant', value=0.5)),
            self.conv(functional.pad(x, (-1, 2, 0, -2))),
        )


def conv1d():
    """[N, C, L] -> [N, C, L']."""
    return nn.Sequential(
        nn.Conv1d(3, 8, 5, padding=2),
        nn.PReLU(),
        nn.Conv1d(8, 8, 3, stride=2, padding=2, dilation=2, groups=4),
        nn.GELU(),
        nn.ConvTranspose1d(8, 2, 4, stride=2, padding=1),
    )


def conv3d():
    """[N, C, D, H, W] -> [N, C, D', H', W']."""
    return nn.Sequential(
        nn.Conv3d(2, 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool3d((1, 2, 2)),
        nn.Conv3d(6, 4, (3, 1, 3), stride=(1, 2, 1), padding=(0, 0, 1)),
        nn.ConvTranspose3d(4, 2, 2, stride=2),
    )


class AnySize(nn.Module):
    """Pads to multiples of 8, works, crops: shapes flow through Shape, Gather, Concat, Slice."""

    def __init__(self):
        super().__init__()
        self.down = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.mix = nn.Linear(8, 8)
        self.up = nn.Conv2d(8, 16, 3, padding=1)

    def forward(self, x):
        n, _, height, width = x.shape
        x = functional.pad(
            x,
            (0, (width + 7) // 8 * 8 - width, 0, (height + 7) // 8 * 8 - height),
            mode='replicate',
        )
        features = functional.relu(self.down(x))
        tokens = self.mix(features.flatten(2).transpose(1, 2))
        features = tokens.transpose(1, 2).reshape(n, 8, features.shape[2], features.shape[3])
        enlarged = functional.pixel_shuffle(self.up(features), 4)
        return enlarged[:, :, : 2 * height, : 2 * width]


class Merge(nn.Module):
    """Two inputs, two outputs: a choice by a mask, extremes and reductions."""

    def forward(self, image, mask):
        chosen = torch.where((mask - mask.floor() - 0.5).relu().bool(), image, 1 - image.sqrt())
        high = torch.minimum(chosen, mask).amax(dim=(2, 3), keepdim=True)
        share = (chosen.abs() ** 1.5 / (1 + high)).mean(dim=1)
        return chosen.clamp(0.1, 0.9) * high, share.sum(dim=-1) - torch.erf(high).squeeze(-1)[:, 0]
