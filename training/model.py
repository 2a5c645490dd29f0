"""The networks of the models: narrow, over-parameterised while they learn, plain when they run.

Each 3x3 convolution is learned as a 3x3 convolution to many channels followed by a 1x1 convolution
back, plus a fixed kernel (Bhardwaj et al., "Collapsible Linear Blocks for Super-Efficient Super
Resolution", MLSys 2022). Nothing nonlinear lies between the two, so their product is again one 3x3
kernel. Training convolves with that product too, which keeps it as cheap as the final network.
"""

import torch
from torch import nn
from torch.nn import functional


def identity(outputs, inputs):
    """The 3x3 kernel that copies channel i to channel i, [outputs, inputs, 3, 3]."""
    kernel = torch.zeros(outputs, inputs, 3, 3)
    kernel[:, :, 1, 1] = torch.eye(outputs, inputs)
    return kernel


def first_channel(outputs, inputs):
    """The 3x3 kernel that copies channel 0 to every channel, [outputs, inputs, 3, 3]."""
    kernel = torch.zeros(outputs, inputs, 3, 3)
    kernel[:, 0, 1, 1] = 1
    return kernel


class CollapsibleConv(nn.Module):
    """A 3x3 convolution [N, inputs, H, W] -> [N, outputs, H, W], zero-padded, learned as a product.

    start: the kernel, [outputs, inputs, 3, 3], to which the product of the two adds; what the layer
    computes before it has learned anything, but for small random weights.
    """

    def __init__(self, start, hidden=128):
        super().__init__()
        outputs, inputs = start.shape[:2]
        self.expand = nn.Parameter(torch.empty(hidden, inputs, 3, 3))
        self.project = nn.Parameter(torch.empty(outputs, hidden))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.xavier_normal_(self.expand)
        nn.init.xavier_normal_(self.project)
        self.register_buffer('start', start, persistent=False)

    def weight(self):
        """The collapsed kernel, [outputs, inputs, 3, 3]."""
        return (self.project @ self.expand.flatten(1)).view_as(self.start) + self.start

    def forward(self, x):
        return functional.conv2d(x, self.weight(), self.bias, padding=1)

    def collapsed(self):
        """The same map as an ordinary nn.Conv2d."""
        weight = self.weight().detach()
        outputs, inputs = weight.shape[:2]
        conv = nn.Conv2d(inputs, outputs, 3, padding=1, dtype=weight.dtype)
        conv.weight.data.copy_(weight)
        conv.bias.data.copy_(self.bias.detach())
        return conv


class LumaNet(nn.Module):
    """Enlarges a luma plane: [N, 1, H, W] -> [N, 1, scale H, scale W], float32 with 0..1 as
    black..white. The result is not clipped to 0..1.

    A chain of `blocks` + 2 convolutions of `channels` channels, with one skip over the body. The
    input reaches the output through channel 0, which begins as a copy of it (PReLU leaves luma,
    never negative, as it is): a global residual that costs nothing when the network runs.
    """

    def __init__(self, scale, channels, blocks):
        super().__init__()
        self.settings = {'scale': scale, 'channels': channels, 'blocks': blocks}
        self.head = CollapsibleConv(identity(channels, 1))
        self.head_act = nn.PReLU(channels)
        self.body = nn.Sequential()
        for _ in range(blocks - 1):
            self.body.append(CollapsibleConv(identity(channels, channels)))
            self.body.append(nn.PReLU(channels))
        # Begins as nothing: what it adds to is a copy of the features already.
        self.body.append(CollapsibleConv(torch.zeros(channels, channels, 3, 3)))
        self.body_act = nn.PReLU(channels)
        self.tail = CollapsibleConv(first_channel(scale * scale, channels))
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, x):
        features = self.head_act(self.head(x))
        features = self.body_act(features + self.body(features))
        return self.shuffle(self.tail(features))

    def collapse(self):
        """Replaces every CollapsibleConv by its nn.Conv2d, in place; returns self."""
        for parent in list(self.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, CollapsibleConv):
                    setattr(parent, name, child.collapsed())
        return self
