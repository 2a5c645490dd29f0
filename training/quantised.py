"""Convolutions of bytes: rounded as they will be while the network goes on learning.

Forwards, values are rounded as QuantizeLinear and DequantizeLinear do; backwards, as if they were
not (Bengio et al., "Estimating or Propagating Gradients Through Stochastic Neurons", 2013). The
ranges of activations begin as what was seen and are learned with the weights (Esser et al.,
"Learned Step Size Quantization", ICLR 2020; Bhalgat et al., "LSQ+", CVPRW 2020).
"""

import copy

import torch
from torch import nn
from torch.nn import functional

LEVELS = 255  # of activations, uint8, beside 0
LARGEST = 127  # of weights, int8 without -128
SMALLEST_SCALE = 1e-12  # of images whose values are all 0
# Adam moves all parameters at one pace; ranges, as large as all of an image, have further to go.
PACE = 20


def rounded(x):
    """x rounded half to even; its gradient is x's."""
    return x + (x.round() - x).detach()


class Quantise(nn.Module):
    """Rounds float32 values of any shape to those that a uint8 with one scale and zero point has.

    low, high: the range, which is widened to hold 0: padding has to be exact.
    """

    def __init__(self, low, high):
        super().__init__()
        # In units of PACE.
        self.low = nn.Parameter(torch.tensor(low / PACE))
        self.high = nn.Parameter(torch.tensor(high / PACE))

    def parameters_of_file(self):
        """The scale, float32, and the zero point, a whole number 0..255 as float32."""
        low, high = PACE * self.low.clamp(max=0), PACE * self.high.clamp(min=0)
        scale = ((high - low) / LEVELS).clamp(min=SMALLEST_SCALE)
        return scale, rounded(-low / scale).clamp(0, LEVELS)

    def forward(self, x):
        scale, zero = self.parameters_of_file()
        return ((rounded(x / scale) + zero).clamp(0, LEVELS) - zero) * scale


class QuantisedConv(nn.Module):
    """An nn.Conv2d whose image is a uint8 and whose weights are int8, with a scale for each output
    channel. Its bias and its result are float32.
    """

    def __init__(self, conv, low, high):
        super().__init__()
        self.image = Quantise(low, high)
        self.weight = nn.Parameter(conv.weight.detach().clone())
        self.bias = nn.Parameter(conv.bias.detach().clone())
        self.padding = conv.padding

    def scales(self):
        """The weights' scales, [outputs]: the largest of each channel becomes 127."""
        largest = self.weight.detach().abs().amax(dim=(1, 2, 3))
        # Of nothing but 0, any scale will do; engines that store the bias in it take no tiny one.
        return torch.where(largest > 0, largest / LARGEST, 1.0)

    def whole_weights(self):
        """The weights in their scales, whole numbers -127..127, [outputs, inputs, 3, 3]."""
        return rounded(self.weight / self.scales().view(-1, 1, 1, 1)).clamp(-LARGEST, LARGEST)

    def forward(self, x):
        weight = self.whole_weights() * self.scales().view(-1, 1, 1, 1)
        return functional.conv2d(self.image(x), weight, self.bias, padding=self.padding)


def convolutions(network, ends=False):
    """Names of the convolutions of a plain network: without the first and the last, unless `ends`.

    Those two work on luma itself, and most of what bytes lose is lost there; they are little work.
    """
    names = [name for name, module in network.named_modules() if isinstance(module, nn.Conv2d)]
    return names if ends else names[1:-1]


@torch.no_grad()
def ranges(network, names, images):
    """{name: (least, greatest)} of what these convolutions are given, for some `images`."""
    seen = {name: [] for name in names}
    hooks = [
        network.get_submodule(name).register_forward_pre_hook(
            lambda _, inputs, into=into: into.append(torch.stack(inputs[0].aminmax()))
        )
        for name, into in seen.items()
    ]
    for image in images:
        network(image)
    for hook in hooks:
        hook.remove()
    return {
        name: (min(low for low, _ in pairs).item(), max(high for _, high in pairs).item())
        for name, pairs in seen.items()
    }


def quantise(network, of):
    """Replaces nn.Conv2ds by QuantisedConvs, in place; returns network. of: what `ranges` gives."""
    for name, (low, high) in of.items():
        conv = network.get_submodule(name)
        network.set_submodule(name, QuantisedConv(conv, low, high))
    return network


def quantised_layers(network):
    """{name: QuantisedConv}, in the order in which they were made."""
    return {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, QuantisedConv)
    }


def quantised_names(weights):
    """The names of the QuantisedConvs that a state_dict is of."""
    end = '.image.low'
    return [key.removesuffix(end) for key in weights if key.endswith(end)]


def unquantised(network):
    """A copy with nn.Conv2ds of the weights as they are before they are rounded."""
    plain = copy.deepcopy(network)
    for name, layer in quantised_layers(network).items():
        outputs, inputs, *kernel = layer.weight.shape
        conv = nn.Conv2d(inputs, outputs, kernel, padding=layer.padding)
        conv.load_state_dict({'weight': layer.weight, 'bias': layer.bias})
        plain.set_submodule(name, conv)
    return plain
