"""Networks that recognise, in small: what exporters make of normalisation, attention and boxes."""

import torch
from torch import nn
from torch.nn import functional


def normalised(inputs, outputs, size=3, activation=nn.ReLU6, **options):
    """Convolution, BatchNormalization and an activation."""
    layers = [
        nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False, **options),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, activation()) if activation else nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    """MobileNetV2's block: widen, filter each channel, narrow."""

    def __init__(self, inputs, outputs, stride, wider):
        super().__init__()
        hidden = inputs * wider
        self.adds = stride == 1 and inputs == outputs
        self.body = nn.Sequential(
            normalised(inputs, hidden, 1),
            normalised(hidden, hidden, stride=stride, groups=hidden),
            normalised(hidden, outputs, 1, activation=None),
        )

    def forward(self, x):
        return x + self.body(x) if self.adds else self.body(x)


class MobileNetV2(nn.Module):
    """Sandler et al., CVPR 2018: [N, 3, H, W] -> [N, classes]."""

    def __init__(self, classes=7):
        super().__init__()
        self.features = nn.Sequential(
            normalised(3, 8, stride=2),
            InvertedResidual(8, 8, 1, 1),
            InvertedResidual(8, 12, 2, 2),
            InvertedResidual(12, 12, 1, 2),
            normalised(12, 16, 1),
        )
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(16, classes))

    def forward(self, x):
        features = functional.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(torch.flatten(features, 1))


class ResNet(nn.Module):
    """He et al., CVPR 2016, with a projected shortcut: [N, 3, H, W] -> [N, classes]."""

    class Block(nn.Module):
        """Two convolutions and a shortcut."""

        def __init__(self, inputs, outputs, stride):
            super().__init__()
            self.body = nn.Sequential(
                normalised(inputs, outputs, activation=nn.ReLU, stride=stride),
                normalised(outputs, outputs, activation=None),
            )
            changes = stride != 1 or inputs != outputs
            self.shortcut = (
                normalised(inputs, outputs, 1, None, stride=stride) if changes else nn.Identity()
            )

        def forward(self, x):
            return functional.relu(self.body(x) + self.shortcut(x))

    def __init__(self, classes=6):
        super().__init__()
        self.features = nn.Sequential(
            normalised(3, 8, 7, nn.ReLU, stride=2),
            nn.MaxPool2d(3, stride=2, padding=1),
            self.Block(8, 8, 1),
            self.Block(8, 12, 2),
        )
        self.head = nn.Linear(12, classes)

    def forward(self, x):
        return self.head(self.features(x).mean([2, 3]))


class EfficientNet(nn.Module):
    """Tan and Le, ICML 2019: SiLU, squeeze and excitation: [N, 3, H, W] -> probabilities."""

    class Block(nn.Module):
        """A filter of each channel, gated."""

        def __init__(self, channels):
            super().__init__()
            self.filter = normalised(channels, channels, 5, nn.SiLU, groups=channels)
            self.narrow = nn.Conv2d(channels, 2, 1)
            self.widen = nn.Conv2d(2, channels, 1)
            self.project = normalised(channels, channels, 1, None)

        def forward(self, x):
            filtered = self.filter(x)
            gate = functional.silu(self.narrow(filtered.mean((2, 3), keepdim=True)))
            return x + self.project(torch.sigmoid(self.widen(gate)) * filtered)

    def __init__(self, classes=5):
        super().__init__()
        self.features = nn.Sequential(normalised(3, 8, 3, nn.SiLU, stride=2), self.Block(8))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, classes))

    def forward(self, x):
        return functional.log_softmax(self.head(self.features(x)), dim=-1).exp()


class UNet(nn.Module):
    """Ronneberger et al., MICCAI 2015, the enlarged half padded to the skip."""

    def __init__(self, bilinear=True):
        super().__init__()
        self.first = normalised(3, 6, activation=nn.ReLU)
        self.deep = nn.Sequential(nn.MaxPool2d(2), normalised(6, 8, activation=nn.ReLU))
        self.up = (
            nn.Upsample(scale_factor=2, mode='bilinear', align_corners=True)
            if bilinear
            else nn.ConvTranspose2d(8, 8, 2, stride=2)
        )
        self.last = nn.Sequential(normalised(14, 6, activation=nn.ReLU), nn.Conv2d(6, 2, 1))

    def forward(self, x):
        skip = self.first(x)
        deep = self.up(self.deep(skip))
        below = skip.size()[2] - deep.size()[2]
        right = skip.size()[3] - deep.size()[3]
        deep = functional.pad(
            deep, [right // 2, right - right // 2, below // 2, below - below // 2]
        )
        return self.last(torch.cat([skip, deep], dim=1))


class VisionTransformer(nn.Module):
    """Dosovitskiy et al., ICLR 2021, PyTorch's attention: [N, 3, 16, 16] -> [N, classes]."""

    def __init__(self, channels=12, heads=3, depth=2, patch=4, classes=5):
        super().__init__()
        self.embed = nn.Conv2d(3, channels, patch, stride=patch)
        self.token = nn.Parameter(torch.zeros(1, 1, channels))
        self.positions = nn.Parameter(torch.zeros(1, (16 // patch) ** 2 + 1, channels))
        self.layers = nn.ModuleList(
            nn.ModuleList(
                [
                    nn.LayerNorm(channels, eps=1e-6),
                    nn.MultiheadAttention(channels, heads, batch_first=True),
                    nn.LayerNorm(channels, eps=1e-6),
                    nn.Sequential(
                        nn.Linear(channels, 2 * channels),
                        nn.GELU(),
                        nn.Linear(2 * channels, channels),
                    ),
                ]
            )
            for _ in range(depth)
        )
        self.norm = nn.LayerNorm(channels)
        self.head = nn.Linear(channels, classes)

    def forward(self, x):
        n = x.shape[0]
        x = self.embed(x).reshape(n, self.embed.out_channels, -1).permute(0, 2, 1)
        x = torch.cat([self.token.expand(n, -1, -1), x], dim=1) + self.positions
        for norm1, attention, norm2, mlp in self.layers:
            normed = norm1(x)
            attended, _ = attention(normed, normed, normed, need_weights=False)
            x = x + attended
            x = x + mlp(norm2(x))
        return self.head(self.norm(x)[:, 0])


class TimmAttention(nn.Module):
    """Attention as timm writes it: one projection, unbind, scaled_dot_product_attention."""

    def __init__(self, channels=12, heads=3, causal=False):
        super().__init__()
        self.heads, self.causal = heads, causal
        self.norm = nn.LayerNorm(channels)
        self.qkv = nn.Linear(channels, 3 * channels)
        self.project = nn.Linear(channels, channels)

    def forward(self, x):
        n, tokens, channels = x.shape
        qkv = self.qkv(self.norm(x)).reshape(n, tokens, 3, self.heads, channels // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return x + self.project(y.transpose(1, 2).reshape(n, tokens, channels))


class CrossAttention(nn.Module):
    """Queries of one kind, keys of another, with a padding mask, as in DETR's decoder."""

    def __init__(self, channels=12, heads=4, queries=3):
        super().__init__()
        self.query = nn.Embedding(queries, channels)
        self.attention = nn.MultiheadAttention(channels, heads)
        self.norm = nn.LayerNorm(channels)
        self.boxes = nn.Linear(channels, 4)

    def forward(self, memory, padding):
        # memory [L, N, C], padding [N, L]: true where there is nothing.
        query = self.query.weight.unsqueeze(1).repeat(1, memory.shape[1], 1)
        attended, weights = self.attention(query, memory, memory, key_padding_mask=padding)
        features = self.norm(query + attended).transpose(0, 1)
        return self.boxes(features).sigmoid(), weights


class TransformerLayers(nn.Module):
    """PyTorch's nn.TransformerEncoderLayer and DecoderLayer."""

    def __init__(self, channels=12, heads=3):
        super().__init__()
        options = {'dim_feedforward': 16, 'batch_first': True}
        self.encoder = nn.TransformerEncoderLayer(channels, heads, norm_first=True, **options)
        self.decoder = nn.TransformerDecoderLayer(channels, heads, activation='gelu', **options)

    def forward(self, source, target):
        count = target.shape[1]
        mask = torch.triu(torch.full((count, count), float('-inf')), diagonal=1)
        return self.decoder(target, self.encoder(source), tgt_mask=mask.to(target.dtype))


class RotaryDecoder(nn.Module):
    """A layer of a language model: tokens in, logits out; rotary positions, RMS norm, SwiGLU."""

    def __init__(self, words=20, channels=16, heads=4, groups=2):
        super().__init__()
        self.heads, self.groups, self.size = heads, groups, channels // heads
        self.embed = nn.Embedding(words, channels)
        self.norms = nn.ParameterList(nn.Parameter(torch.ones(channels)) for _ in range(3))
        self.q = nn.Linear(channels, heads * self.size, bias=False)
        self.k = nn.Linear(channels, groups * self.size, bias=False)
        self.v = nn.Linear(channels, groups * self.size, bias=False)
        self.out = nn.Linear(channels, channels, bias=False)
        self.gate = nn.Linear(channels, 24, bias=False)
        self.up = nn.Linear(channels, 24, bias=False)
        self.down = nn.Linear(24, channels, bias=False)
        powers = torch.arange(0, self.size, 2).float() / self.size
        self.register_buffer('frequencies', 1.0 / (100.0**powers))

    def normalise(self, x, weight):
        """Root mean square norm."""
        return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))

    def turn(self, x, positions):
        """Rotary positions: halves of each head are turned against one another."""
        angles = positions[:, None, :, None].to(self.frequencies.dtype) * self.frequencies
        angles = torch.cat((angles, angles), dim=-1)
        half = x.shape[-1] // 2
        turned = torch.cat((-x[..., half:], x[..., :half]), dim=-1)
        return x * angles.cos() + turned * angles.sin()

    def forward(self, tokens):
        n, length = tokens.shape
        positions = torch.arange(length).unsqueeze(0).expand(n, length)
        x = self.embed(tokens)
        normed = self.normalise(x, self.norms[0])
        q = self.q(normed).view(n, length, self.heads, self.size).transpose(1, 2)
        k = self.k(normed).view(n, length, self.groups, self.size).transpose(1, 2)
        v = self.v(normed).view(n, length, self.groups, self.size).transpose(1, 2)
        q, k = self.turn(q, positions), self.turn(k, positions)
        times = self.heads // self.groups
        k = k[:, :, None].expand(n, self.groups, times, length, self.size)
        v = v[:, :, None].expand(n, self.groups, times, length, self.size)
        k = k.reshape(n, self.heads, length, self.size)
        v = v.reshape(n, self.heads, length, self.size)
        scores = q @ k.transpose(2, 3) / self.size**0.5
        allowed = torch.ones(length, length, dtype=torch.bool).tril()
        scores = scores.masked_fill(~allowed, torch.finfo(scores.dtype).min)
        y = (scores.softmax(-1, dtype=torch.float32).to(v.dtype) @ v).transpose(1, 2)
        x = x + self.out(y.reshape(n, length, -1))
        normed = self.normalise(x, self.norms[1])
        x = x + self.down(functional.silu(self.gate(normed)) * self.up(normed))
        return self.normalise(x, self.norms[2]) @ self.embed.weight.t()
