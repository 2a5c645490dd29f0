"""Published restoration networks with few channels and layers, written from their papers.

Each maps float32 [N, C, H, W] to the same layout. `training/networks.py` has others.
"""

import itertools
import math

import torch
from torch import nn
from torch.nn import functional


def conv(inputs, outputs, size=3, **options):
    """A convolution that keeps height and width."""
    return nn.Conv2d(inputs, outputs, size, padding=size // 2, **options)


class Residual(nn.Module):
    """x + weight body(x)."""

    def __init__(self, *layers, weight=1.0):
        super().__init__()
        self.body = nn.Sequential(*layers)
        self.weight = weight

    def forward(self, x):
        return x + self.body(x) * self.weight


class Edsr(nn.Module):
    """Lim et al., CVPRW 2017: residual blocks without normalisation, the mean taken off."""

    def __init__(self, channels=8, scale=2):
        super().__init__()
        self.register_buffer('mean', torch.tensor([0.4488, 0.4371, 0.4040]).view(1, 3, 1, 1))
        self.head = conv(3, channels)
        blocks = [
            Residual(conv(channels, channels), nn.ReLU(True), conv(channels, channels), weight=0.1)
            for _ in range(2)
        ]
        self.body = Residual(*blocks, conv(channels, channels))
        stages = []
        for _ in range(int(math.log2(scale))):
            stages += [conv(channels, 4 * channels), nn.PixelShuffle(2)]
        self.tail = nn.Sequential(*stages, conv(channels, 3))

    def forward(self, x):
        x = (x - self.mean) * 255.0
        return self.tail(self.body(self.head(x))) / 255.0 + self.mean


class ChannelGate(nn.Module):
    """RCAN's channel attention (Zhang et al., ECCV 2018), pooled by a mean as some write it."""

    def __init__(self, channels, squeezed, by_mean=False):
        super().__init__()
        self.by_mean = by_mean
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.gate = nn.Sequential(
            nn.Conv2d(channels, squeezed, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        pooled = x.mean((2, 3), keepdim=True) if self.by_mean else self.pool(x)
        return x * self.gate(pooled)


class Rcan(nn.Module):
    """Residual groups of channel attention blocks."""

    def __init__(self, channels=8, scale=2):
        super().__init__()
        groups = [
            Residual(
                *(
                    Residual(
                        conv(channels, channels),
                        nn.ReLU(True),
                        conv(channels, channels),
                        ChannelGate(channels, 2, by_mean),
                    )
                    for by_mean in (False, True)
                ),
                conv(channels, channels),
            )
        ]
        self.head = conv(3, channels)
        self.body = Residual(*groups, conv(channels, channels))
        self.tail = nn.Sequential(
            conv(channels, channels * scale**2), nn.PixelShuffle(scale), conv(channels, 3)
        )

    def forward(self, x):
        return self.tail(self.body(self.head(x)))


class DenseBlock(nn.Module):
    """ESRGAN's residual dense block (Wang et al., ECCVW 2018)."""

    def __init__(self, channels, growth):
        super().__init__()
        self.convs = nn.ModuleList(
            conv(channels + i * growth, growth if i < 4 else channels) for i in range(5)
        )

    def forward(self, x):
        found = x
        for layer in self.convs[:-1]:
            found = torch.cat((found, functional.leaky_relu(layer(found), 0.2)), 1)
        return self.convs[-1](found) * 0.2 + x


class RrdbNet(nn.Module):
    """Real-ESRGAN's: a pixel unshuffle before, two enlargements by nearest neighbours after."""

    def __init__(self, channels=6, growth=2, unshuffle=2):
        super().__init__()
        self.unshuffle = unshuffle
        self.head = conv(3 * unshuffle**2, channels)
        self.body = nn.Sequential(
            Residual(DenseBlock(channels, growth), DenseBlock(channels, growth), weight=0.2),
            conv(channels, channels),
        )
        self.up = nn.ModuleList(conv(channels, channels) for _ in range(2))
        self.tail = nn.Sequential(conv(channels, channels), nn.LeakyReLU(0.2), conv(channels, 3))

    def forward(self, x):
        if self.unshuffle > 1:
            x = functional.pixel_unshuffle(x, self.unshuffle)
        features = self.head(x)
        features = features + self.body(features)
        for layer in self.up:
            enlarged = functional.interpolate(features, scale_factor=2, mode='nearest')
            features = functional.leaky_relu(layer(enlarged), negative_slope=0.2, inplace=True)
        return self.tail(features)


class SrVggNetCompact(nn.Module):
    """Real-ESRGAN's small network, whose activations have a slope for each channel."""

    def __init__(self, channels=8, depth=3, scale=4):
        super().__init__()
        self.scale = scale
        self.body = nn.ModuleList([conv(3, channels), nn.PReLU(channels)])
        for _ in range(depth):
            self.body.append(conv(channels, channels))
            self.body.append(nn.PReLU(num_parameters=channels))
        self.body.append(conv(channels, 3 * scale**2))
        self.upsampler = nn.PixelShuffle(scale)

    def forward(self, x):
        features = x
        for layer in self.body:
            features = layer(features)
        base = functional.interpolate(x, scale_factor=float(self.scale), mode='nearest')
        return self.upsampler(features) + base


class EnhancedSpatialAttention(nn.Module):
    """RLFN's ESA: a map computed at a third of the size, enlarged to the features'."""

    def __init__(self, channels, narrow):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, narrow, 1)
        self.skip = nn.Conv2d(narrow, narrow, 1)
        self.reduce = nn.Conv2d(narrow, narrow, 3, stride=2, padding=0)
        self.refine = conv(narrow, narrow)
        self.expand = nn.Conv2d(narrow, channels, 1)

    def forward(self, x):
        narrow = self.squeeze(x)
        pooled = functional.max_pool2d(self.reduce(narrow), kernel_size=7, stride=3)
        enlarged = functional.interpolate(
            self.refine(pooled), (x.size(2), x.size(3)), mode='bilinear', align_corners=False
        )
        return x * torch.sigmoid(self.expand(enlarged + self.skip(narrow)))


class Rlfn(nn.Module):
    """Kong et al., CVPRW 2022: residual local feature blocks."""

    def __init__(self, channels=8, scale=2):
        super().__init__()
        self.head = conv(3, channels)
        self.blocks = nn.ModuleList()
        for _ in range(2):
            layers = [conv(channels, channels), nn.LeakyReLU(0.05)] * 2
            self.blocks.append(
                nn.ModuleList(
                    [
                        nn.Sequential(*layers),
                        nn.Conv2d(channels, channels, 1),
                        EnhancedSpatialAttention(channels, 4),
                    ]
                )
            )
        self.fuse = conv(channels, channels)
        self.tail = nn.Sequential(conv(channels, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, x):
        head = self.head(x)
        features = head
        for layers, narrow, attention in self.blocks:
            features = attention(narrow(layers(features) + features))
        return self.tail(self.fuse(features) + head)


class ChannelsFirstNorm(nn.Module):
    """SAFMN's normalisation over the channels of each pixel, by functional.layer_norm on a view."""

    def __init__(self, channels):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x):
        mean = x.mean(1, keepdim=True)
        variance = (x - mean).pow(2).mean(1, keepdim=True)
        x = (x - mean) / torch.sqrt(variance + 1e-6)
        return self.weight[:, None, None] * x + self.bias[:, None, None]


class SpatiallyAdaptiveModulation(nn.Module):
    """SAFMN's modulation: a quarter of the channels at each of four sizes."""

    def __init__(self, channels, levels=4):
        super().__init__()
        self.levels = levels
        width = channels // levels
        self.convs = nn.ModuleList(conv(width, width, groups=width) for _ in range(levels))
        self.mix = nn.Conv2d(channels, channels, 1)
        self.activation = nn.GELU()

    def forward(self, x):
        height, width = x.size()[-2:]
        results = []
        for i, part in enumerate(x.chunk(self.levels, dim=1)):
            if i > 0:
                size = (height // 2**i, width // 2**i)
                pooled = self.convs[i](functional.adaptive_max_pool2d(part, size))
                part = functional.interpolate(pooled, size=(height, width), mode='nearest')
            else:
                part = self.convs[i](part)
            results.append(part)
        return self.activation(self.mix(torch.cat(results, dim=1))) * x


class Safmn(nn.Module):
    """Sun et al., ICCV 2023."""

    def __init__(self, channels=8, scale=2):
        super().__init__()
        self.head = conv(3, channels)
        self.norms = nn.ModuleList(ChannelsFirstNorm(channels) for _ in range(2))
        self.modulation = SpatiallyAdaptiveModulation(channels)
        self.mixer = nn.Sequential(
            conv(channels, 2 * channels), nn.GELU(), nn.Conv2d(2 * channels, channels, 1)
        )
        self.tail = nn.Sequential(conv(channels, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, x):
        head = self.head(x)
        features = self.modulation(self.norms[0](head)) + head
        features = self.mixer(self.norms[1](features)) + features
        return self.tail(features + head)


class ContrastAttention(nn.Module):
    """IMDN's: gates by the mean and the standard deviation of each channel."""

    def __init__(self, channels):
        super().__init__()
        self.gate = nn.Sequential(
            nn.Conv2d(channels, 2, 1), nn.ReLU(), nn.Conv2d(2, channels, 1), nn.Sigmoid()
        )

    def forward(self, x):
        count = x.size(2) * x.size(3)
        mean = x.sum(3, keepdim=True).sum(2, keepdim=True) / count
        spread = (x - mean).pow(2).sum(3, keepdim=True).sum(2, keepdim=True) / count
        return x * self.gate(spread.pow(0.5) + functional.adaptive_avg_pool2d(x, 1))


class Imdn(nn.Module):
    """Hui et al., ACM MM 2019: at each step a quarter of the channels is kept, the rest goes on."""

    def __init__(self, channels=8, scale=2):
        super().__init__()
        self.kept, self.rest = channels // 4, channels - channels // 4
        self.head = conv(3, channels)
        self.first = conv(channels, channels)
        self.steps = nn.ModuleList([conv(self.rest, channels), conv(self.rest, channels)])
        self.last = conv(self.rest, self.kept)
        self.attention = ContrastAttention(4 * self.kept)
        self.mix = nn.Conv2d(4 * self.kept, channels, 1)
        self.tail = nn.Sequential(conv(channels, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, x):
        head = self.head(x)
        features = functional.leaky_relu(self.first(head), 0.05)
        kept = []
        for step in self.steps:
            part, features = torch.split(features, (self.kept, self.rest), dim=1)
            kept.append(part)
            features = functional.leaky_relu(step(features), 0.05)
        part, features = torch.split(features, (self.kept, self.rest), dim=1)
        kept += [part, self.last(features)]
        return self.tail(self.mix(self.attention(torch.cat(kept, dim=1))) + head)


class UpConv(nn.Module):
    """waifu2x's upconv_7: unpadded convolutions, then a transposed one."""

    def __init__(self):
        super().__init__()
        widths = [3, 8, 8, 12]
        layers = []
        for inputs, outputs in itertools.pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 3), nn.LeakyReLU(0.1, inplace=True)]
        self.body = nn.Sequential(
            *layers, nn.ConvTranspose2d(12, 3, 4, stride=2, padding=3, bias=False)
        )

    def forward(self, x):
        return torch.clamp(self.body(x), 0.0, 1.0)


class SqueezeExcitation(nn.Module):
    """CUNet's gate, by linear layers on the pooled features."""

    def __init__(self, channels):
        super().__init__()
        self.narrow = nn.Linear(channels, channels // 2)
        self.widen = nn.Linear(channels // 2, channels)

    def forward(self, x):
        n, channels, _, _ = x.shape
        gate = functional.adaptive_avg_pool2d(x, 1).view(n, channels)
        gate = torch.sigmoid(self.widen(functional.relu(self.narrow(gate))))
        return x * gate.view(n, channels, 1, 1)


def unpadded(inputs, middle, outputs, gated):
    """Two convolutions that lose two pixels at each side."""
    layers = [nn.Conv2d(inputs, middle, 3), nn.LeakyReLU(0.1), nn.Conv2d(middle, outputs, 3)]
    layers.append(nn.LeakyReLU(0.1))
    return nn.Sequential(*layers, SqueezeExcitation(outputs)) if gated else nn.Sequential(*layers)


class CuNet(nn.Module):
    """waifu2x's cascade of two U-Nets, in small: skips are cropped by negative padding."""

    class Unet(nn.Module):
        """One level: down by a strided convolution, up by a transposed one."""

        def __init__(self, inputs, outputs, enlarges):
            super().__init__()
            self.first = unpadded(inputs, 6, 8, False)
            self.down = nn.Conv2d(8, 8, 2, stride=2)
            self.deep = unpadded(8, 12, 8, True)
            self.up = nn.ConvTranspose2d(8, 8, 2, stride=2)
            self.last = nn.Conv2d(8, 8, 3)
            self.make = (
                nn.ConvTranspose2d(8, outputs, 4, stride=2, padding=3)
                if enlarges
                else nn.Conv2d(8, outputs, 3)
            )

        def forward(self, x):
            skip = self.first(x)
            deep = self.deep(functional.leaky_relu(self.down(skip), 0.1))
            deep = functional.leaky_relu(self.up(deep), 0.1)
            features = functional.pad(skip, (-4, -4, -4, -4)) + deep
            return self.make(functional.leaky_relu(self.last(features), 0.1))

    def __init__(self):
        super().__init__()
        self.enlarge = self.Unet(3, 3, enlarges=True)
        self.refine = self.Unet(3, 3, enlarges=False)

    def forward(self, x):
        enlarged = self.enlarge(x)
        refined = self.refine(enlarged)
        crop = (enlarged.shape[2] - refined.shape[2]) // 2
        return refined + enlarged[:, :, crop:-crop, crop:-crop]


def windows_of(x, size):
    """[N, H, W, C] -> [windows, size size, C]."""
    n, height, width, channels = x.shape
    x = x.view(n, height // size, size, width // size, size, channels)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(-1, size * size, channels)


def image_of(windows, size, height, width):
    """The inverse of `windows_of`."""
    n = windows.shape[0] // ((height // size) * (width // size))
    x = windows.view(n, height // size, width // size, size, size, -1)
    return x.permute(0, 1, 3, 2, 4, 5).contiguous().view(n, height, width, -1)


class SwinLayer(nn.Module):
    """SwinIR's layer: attention in windows, of which every other layer's are shifted and masked."""

    def __init__(self, channels, heads, size, shift):
        super().__init__()
        self.heads, self.size, self.shift = heads, size, shift
        self.scale = (channels // heads) ** -0.5
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)
        self.mlp = nn.Sequential(
            nn.Linear(channels, 2 * channels), nn.GELU(), nn.Linear(2 * channels, channels)
        )
        self.bias_table = nn.Parameter(torch.zeros((2 * size - 1) ** 2, heads))
        steps = torch.arange(size)
        places = torch.stack(torch.meshgrid(steps, steps, indexing='ij')).flatten(1)
        apart = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0) + size - 1
        self.register_buffer('bias_index', apart[..., 0] * (2 * size - 1) + apart[..., 1])

    def mask(self, height, width):
        """What keeps tokens of a shifted window apart that are not neighbours in the picture."""
        regions = torch.zeros((1, height, width, 1))
        for number, begin in enumerate((-self.size, -self.shift), 1):
            regions[:, begin:] = 3.0 * number
        for begin in (-self.size, -self.shift):
            regions[:, :, begin:] += 1.0
        regions = windows_of(regions, self.size).squeeze(-1)
        apart = regions.unsqueeze(1) - regions.unsqueeze(2)
        return apart.masked_fill(apart != 0, -100.0).masked_fill(apart == 0, 0.0)

    def attend(self, x, mask):
        """Attention among the tokens of each window."""
        count, tokens, channels = x.shape
        qkv = self.qkv(x).reshape(count, tokens, 3, self.heads, channels // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        scores = (q * self.scale) @ k.transpose(-2, -1)
        bias = self.bias_table[self.bias_index.view(-1)].view(tokens, tokens, -1)
        scores = scores + bias.permute(2, 0, 1).contiguous().unsqueeze(0)
        if mask is not None:
            windows = mask.shape[0]
            scores = scores.view(count // windows, windows, self.heads, tokens, tokens)
            scores = scores + mask.unsqueeze(1).unsqueeze(0).to(scores.dtype)
            scores = scores.view(-1, self.heads, tokens, tokens)
        x = (scores.softmax(dim=-1) @ v).transpose(1, 2).reshape(count, tokens, channels)
        return self.project(x)

    def forward(self, x, height: int, width: int):
        n, _, channels = x.shape
        image = self.norm1(x).view(n, height, width, channels)
        mask = None
        if self.shift > 0:
            image = torch.roll(image, shifts=(-self.shift, -self.shift), dims=(1, 2))
            mask = self.mask(height, width)
        image = image_of(self.attend(windows_of(image, self.size), mask), self.size, height, width)
        if self.shift > 0:
            image = torch.roll(image, shifts=(self.shift, self.shift), dims=(1, 2))
        x = x + image.view(n, height * width, channels)
        return x + self.mlp(self.norm2(x))


class SwinIr(nn.Module):
    """Liang et al., ICCVW 2021: any size, reflected to a multiple of the window and cropped."""

    def __init__(self, channels=8, heads=2, size=4, scale=2):
        super().__init__()
        self.size, self.scale = size, scale
        self.head = conv(3, channels)
        self.norm = nn.LayerNorm(channels)
        self.layers = nn.ModuleList(
            SwinLayer(channels, heads, size, shift) for shift in (0, size // 2)
        )
        self.after = conv(channels, channels)
        self.tail = nn.Sequential(conv(channels, 3 * scale**2), nn.PixelShuffle(scale))

    def forward(self, x):
        height, width = x.size(2), x.size(3)
        below = (self.size - height % self.size) % self.size
        right = (self.size - width % self.size) % self.size
        x = functional.pad(x, (0, right, 0, below), 'reflect')
        head = self.head(x)
        n, channels, rows, columns = head.shape
        tokens = head.flatten(2).transpose(1, 2)
        for layer in self.layers:
            tokens = layer(tokens, rows, columns)
        features = self.norm(tokens).transpose(1, 2).view(n, channels, rows, columns)
        result = self.tail(self.after(features) + head)
        return result[:, :, : height * self.scale, : width * self.scale]
