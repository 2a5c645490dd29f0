"""The luma x2 network: narrow, deep, over-parameterised while it learns, plain when it runs.

Each 3x3 convolution is learned as a 3x3 convolution to many channels followed by a 1x1 convolution
back, plus an identity (Bhardwaj et al., "Collapsible Linear Blocks for Super-Efficient Super
Resolution", MLSys 2022). Nothing nonlinear lies between the two, so their product is again one 3x3
kernel. Training convolves with that product too, which keeps it as cheap as the final network.
"""

import torch
from torch import nn
from torch.nn import functional


class CollapsibleConv(nn.Module):
    """A 3x3 convolution [N, inputs, H, W] -> [N, outputs, H, W], zero-padded, learned as a product.

    identity: adds the input to the output, inside the collapsed kernel (needs inputs == outputs).
    """

    def __init__(self, inputs, outputs, hidden=128, identity=False):
        super().__init__()
        self.expand = nn.Parameter(torch.empty(hidden, inputs, 3, 3))
        self.project = nn.Parameter(torch.empty(outputs, hidden))
        self.bias = nn.Parameter(torch.zeros(outputs))
        nn.init.xavier_normal_(self.expand)
        nn.init.xavier_normal_(self.project)
        delta = torch.zeros(outputs, inputs, 3, 3)
        if identity:
            delta[:, :, 1, 1] = torch.eye(outputs)
        self.register_buffer('delta', delta, persistent=False)

    def weight(self):
        """The collapsed kernel, [outputs, inputs, 3, 3]."""
        return torch.einsum('oh,hikl->oikl', self.project, self.expand) + self.delta

    def forward(self, x):
        return functional.conv2d(x, self.weight(), self.bias, padding=1)

    def collapsed(self):
        """The same map as an ordinary nn.Conv2d."""
        weight = self.weight().detach()
        conv = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
        conv.weight.data.copy_(weight)
        conv.bias.data.copy_(self.bias.detach())
        return conv


class LumaNet(nn.Module):
    """Doubles a luma plane: [N, 1, H, W] -> [N, 1, 2H, 2W], both float32 with 0..1 as black..white.

    The result is not clipped to 0..1.
    """

    def __init__(self, channels=16, blocks=7):
        super().__init__()
        self.settings = {'channels': channels, 'blocks': blocks}
        self.head = CollapsibleConv(1, channels)
        self.head_act = nn.PReLU(channels)
        self.body = nn.Sequential()
        for _ in range(blocks):
            self.body.append(CollapsibleConv(channels, channels, identity=True))
            self.body.append(nn.PReLU(channels))
        self.tail = CollapsibleConv(channels, 4)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, x):
        features = self.head_act(self.head(x))
        features = features + self.body(features)
        return self.shuffle(self.tail(features) + x)

    def collapse(self):
        """Replaces every CollapsibleConv by its nn.Conv2d, in place; returns self."""
        for parent in list(self.modules()):
            for name, child in list(parent.named_children()):
                if isinstance(child, CollapsibleConv):
                    setattr(parent, name, child.collapsed())
        return self
