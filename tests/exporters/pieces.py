"""One function of PyTorch each, or a few that are met together: what an exporter writes for it."""

import math

import torch
from torch import nn
from torch.nn import functional


class Piece(nn.Module):
    """A function as a module, so that it can be exported."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def interpolations(x):
    """Sizes and factors, as integers and floats, by all modes."""
    enlarge = functional.interpolate
    return (
        enlarge(x, scale_factor=2, mode='nearest'),
        enlarge(x, scale_factor=(1.5, 2.5), mode='nearest'),
        enlarge(x, scale_factor=1.7, mode='bilinear', align_corners=False),
        enlarge(x, scale_factor=1.7, mode='bilinear', recompute_scale_factor=True),
        enlarge(x, size=(9, 11), mode='bilinear', align_corners=True),
        enlarge(x, scale_factor=2, mode='bicubic', align_corners=False),
        enlarge(x, size=(5, 4), mode='bicubic', align_corners=True),
        enlarge(x, scale_factor=0.5, mode='area'),
    )


def nearest_exact(x):
    """Nearest neighbours counted from pixels' centres."""
    return functional.interpolate(x, size=(5, 11), mode='nearest-exact')


def antialiased(x):
    """Reduced with a filter as wide as the step."""
    return functional.interpolate(x, size=(3, 4), mode='bilinear', antialias=True)


def like_another(x, y):
    """As large as another value: sizes by shape arithmetic."""
    return functional.interpolate(x, size=y.shape[2:], mode='bilinear') + y


def pooled(x):
    """Pools of many windows, and adaptive ones."""
    return (
        functional.max_pool2d(x, 3, 2, 1, ceil_mode=True),
        functional.max_pool2d(x, (2, 3), (1, 2), (1, 0), dilation=(2, 1)),
        functional.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
        functional.avg_pool2d(x, 2, divisor_override=3),
        functional.adaptive_avg_pool2d(x, (2, 4)),
        functional.adaptive_avg_pool2d(x, (1, None)),
        functional.adaptive_max_pool2d(x, (1, 1)),
        functional.lp_pool2d(x, 2.0, 2),
    )


def pooled_with_indices(x):
    """A maximum and where it was."""
    return functional.max_pool2d(x, 2, return_indices=True)


def unpooled(x):
    """Maxima put back where they were."""
    values, indices = functional.max_pool2d(x, 2, return_indices=True)
    return functional.max_unpool2d(values, indices, 2)


def grid_sampled(x, grid):
    """By a grid, with all borders."""
    sample = functional.grid_sample
    return (
        sample(x, grid, align_corners=False),
        sample(x, grid, padding_mode='border', align_corners=True),
        sample(x, grid, padding_mode='reflection', align_corners=False),
        sample(x, grid, mode='nearest', align_corners=False),
        sample(x, grid, mode='bicubic', padding_mode='border', align_corners=False),
    )


def transformed(x, theta):
    """A picture turned by a matrix."""
    grid = functional.affine_grid(theta, [1, 2, 5, 7], align_corners=False)
    return functional.grid_sample(x, grid, align_corners=False)


def rolled(x):
    """Moved round, flipped, turned."""
    return (
        torch.roll(x, (2, -1), (2, 3)),
        torch.roll(x, 3),
        x.flip(-1),
        torch.flip(x, (1, 2)),
        torch.rot90(x, 1, (2, 3)),
    )


def einsums(x, y):
    """Products by letters."""
    return (
        torch.einsum('bhwc,hkc->bhwk', x, y),
        torch.einsum('bhwc,bhvc->bwv', x, x),
        torch.einsum('bhwc->bc', x),
        torch.einsum('...c,c->...', x, y[0, 0]),
    )


def unfolded(x):
    """Neighbourhoods as columns, and summed back."""
    columns = functional.unfold(x, 3, padding=1, stride=2)
    windows = x.unfold(2, 4, 2).unfold(3, 4, 3)
    return columns, functional.fold(columns, (8, 9), 3, padding=1, stride=2), windows


def shuffled(x):
    """Pixels in channels and back."""
    n, c, h, w = x.shape
    by_hand = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
    return (
        functional.pixel_unshuffle(x, 2),
        functional.pixel_shuffle(x, 2),
        functional.channel_shuffle(x, 4),
        by_hand,
    )


class Normalised(nn.Module):
    """Every normalisation, on a few channels."""

    def __init__(self):
        super().__init__()
        self.group = nn.GroupNorm(2, 4)
        self.plain_group = nn.GroupNorm(4, 4, affine=False)
        self.instance = nn.InstanceNorm2d(4, affine=True)
        self.tracked = nn.InstanceNorm2d(4, affine=True, track_running_stats=True)
        self.layer = nn.LayerNorm([4, 6, 5])
        self.plain_layer = nn.LayerNorm(5, elementwise_affine=False)
        self.batch = nn.BatchNorm2d(4)

    def forward(self, x):
        return (
            self.group(x),
            self.plain_group(x),
            self.instance(x),
            self.tracked(x),
            self.layer(x),
            self.plain_layer(x),
            self.batch(x),
            functional.normalize(x, dim=1),
            functional.local_response_norm(x, 3),
        )


class Reparametrised(nn.Module):
    """Weights by weight_norm and spectral_norm, left in the model as they are computed."""

    def __init__(self):
        super().__init__()
        self.first = nn.utils.weight_norm(nn.Conv2d(3, 4, 3, padding=1))
        self.second = nn.utils.parametrizations.weight_norm(nn.Linear(5, 4))
        self.third = nn.utils.spectral_norm(nn.Conv2d(4, 2, 1))

    def forward(self, x):
        return self.third(self.second(self.first(x)).permute(0, 1, 2, 3))


class Convolutions(nn.Module):
    """Less usual ones: padding by name and mode, transposed with groups, of one axis."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList(
            [
                nn.Conv2d(4, 4, 3, padding='same', padding_mode='reflect'),
                nn.Conv2d(4, 4, (3, 5), padding='same', dilation=(1, 2)),
                nn.Conv2d(4, 4, 4, padding='same'),
                nn.Conv2d(4, 4, 3, padding=1, padding_mode='circular'),
                nn.Conv2d(4, 4, 3, padding=1, padding_mode='replicate', groups=2),
                nn.ConvTranspose2d(4, 4, 3, stride=2, padding=1, output_padding=1, groups=2),
                nn.ConvTranspose2d(4, 2, (3, 2), stride=(1, 3), dilation=(2, 1)),
            ]
        )
        self.of_one_axis = nn.Conv1d(4, 3, 3, padding=1)

    def forward(self, x):
        return (*(layer(x) for layer in self.layers), self.of_one_axis(x.flatten(2)))


def padded(x):
    """Every way to pad."""
    return (
        functional.pad(x, (1, 2, 3, 0), 'reflect'),
        functional.pad(x, (1, 2), 'replicate')
        if x.dim() == 3
        else functional.pad(x, (1, 2, 2, 1), 'replicate'),
        functional.pad(x, (1, 2, 0, 1), 'circular'),
        functional.pad(x, (1, -1, -2, 1), 'constant', 0.25),
        functional.pad(x, (0, 0, 0, 0, 1, 1)),
    )


def activations(x):
    """All activations there are."""
    f = functional
    return (
        f.elu(x, 0.7), f.selu(x), f.celu(x, 0.6), f.gelu(x), f.gelu(x, approximate='tanh'),
        f.hardtanh(x, -0.5, 0.7), f.hardsigmoid(x), f.hardswish(x), f.leaky_relu(x, 0.3),
        f.logsigmoid(x), f.mish(x), f.relu6(x * 9), f.rrelu(x), f.silu(x), f.softplus(x),
        f.softplus(x, 2.0, 1.0), f.softshrink(x, 0.3), f.hardshrink(x, 0.3), f.softsign(x),
        f.tanhshrink(x), f.threshold(x, 0.2, -1.0), f.glu(x, 1), f.softmin(x, -1),
        f.softmax(x, 1), f.log_softmax(x, 2), torch.erf(x), torch.expm1(x), torch.log1p(x.abs()),
    )  # fmt: skip


def arithmetic(x, y):
    """Functions of one and two values, with scalars on either side."""
    return (
        1 - x, 2 / (y + 3), x**3, 2**x, torch.pow(y.abs() + 0.1, x), torch.fmod(x * 7, y + 2),
        torch.remainder(x * 7, y + 2), x // 0.3, torch.div(x, y + 2, rounding_mode='trunc'),
        torch.rsqrt(y + 2), torch.reciprocal(y + 2), torch.sign(x), torch.trunc(x * 5),
        torch.round(x * 5), torch.ceil(x), torch.frac(x * 3), torch.atan2(x, y), torch.hypot(x, y),
        torch.addcmul(x, x, y, value=0.3), torch.addcdiv(x, x, y + 3, value=0.2),
        torch.lerp(x, y, 0.3), torch.clamp(x, min=0.1), torch.clamp(x, max=0.3), x.clamp(-0.3, 0.4),
        torch.maximum(x, y), torch.rsub(x, y, alpha=2), x.sinh() + x.cosh(), x.acos(), x.asinh(),
        torch.logaddexp(x, y), torch.floor_divide(x, 0.25), x.square(), x.neg(), x.exp2(),
    )  # fmt: skip


def reductions(x):
    """Over some, all and none of the axes."""
    values, indices = x.max(dim=1)
    least, where = x.min(dim=2, keepdim=True)
    return (
        x.sum(), x.mean((1, 2)), x.std(1), x.var((1, 2), unbiased=False), x.norm(), x.norm(1, 2),
        x.norm(p=2, dim=1, keepdim=True), torch.linalg.vector_norm(x, 3, 1), x.prod(1),
        x.logsumexp(2), x.amax((0, 2)), x.amin(1), values, indices, least, where, x.argmax(),
        x.argmin(1), x.max(), (x > 0.5).any(1), (x > 0.1).all(), (x > 0.5).sum(2),
        x.median(1)[0], x.cumsum(1), torch.var_mean(x, 1)[0], x.abs().sum((1, 2), keepdim=True),
    )  # fmt: skip


def comparisons(x, y):
    """Conditions, and what is chosen by them."""
    return (
        x > y, x >= 0.5, (x < y) | (x > 0.9), ~(x <= y), torch.logical_xor(x > 0.5, y > 0.5),
        torch.where(x > y, x, y), torch.where(x > 0.5, x, torch.zeros_like(x)),
        torch.where(x > 0.5, 1.0, 0.0), x.masked_fill(y > 0.5, -1e4), x.ne(y), torch.isnan(x / x),
        torch.eq(x, 0.5), x.new_full((2, 3), 0.5), torch.isinf(x), (x > 0.5).to(x.dtype) * y,
        torch.bitwise_and((x * 9).long(), 5), (x * 9).int() << 1, torch.nan_to_num(x),
    )  # fmt: skip


def moved(x):
    """Views, slices, splits and what puts them together."""
    first, second = x.chunk(2, 1)
    parts = torch.split(x, 3, dim=2)
    return (
        torch.cat((second, first), 1), torch.stack(parts[:2], 0), x.permute(2, 0, 1),
        x[:, 1:-1:2], x[..., -2:], x[:, None, 2], x[0], x.select(1, -1), x.narrow(2, 1, 3),
        x.unsqueeze(-1).squeeze(0), x.expand(3, -1, -1, -1) if x.dim() == 3 else x,
        x.repeat(1, 2, 1), x.repeat_interleave(2, dim=1), x.tile((2, 1)), x.flatten(1),
        x.unflatten(1, (2, -1)), x.reshape(-1), x.t() if x.dim() == 2 else x.transpose(1, 2),
        x.swapaxes(0, 2), x.movedim(0, -1), torch.hstack((x, x)), x.tril(), x.triu(1),
        torch.diagonal(x, 0, 1, 2), torch.meshgrid(x[0, 0], x[0, :, 0], indexing='ij')[1],
        x.view_as(x), torch.broadcast_to(x[:, :1], x.shape), x.as_strided((2, 2), (5, 2), 1),
    )  # fmt: skip


def indexed(x, index):
    """Reads by index."""
    return (
        x[:, index], x[index, 1], torch.index_select(x, 1, index), torch.take(x, index),
        x[index[:, None], index[None]], torch.gather(x, 1, index.view(1, -1).expand(x.size(0), -1)),
        x[:, [0, 2]], functional.embedding(index, x), functional.one_hot(index, 5),
        x[torch.arange(x.size(0)), -1], torch.take_along_dim(x, index.view(1, -1), 1),
    )  # fmt: skip


def written(x, index):
    """Writes by index, into copies."""
    y = x.clone()
    y[:, 1:3] = 0.5
    z = x.clone()
    z[index] = x[:1] * 2
    w = x.clone()
    w[0, index] += 1.0
    v = torch.zeros_like(x)
    v.index_put_((index, index), torch.ones(index.shape[0], dtype=x.dtype), accumulate=True)
    rows = index.view(-1, 1).expand(-1, x.size(1))
    return (
        y, z, w, v, x.scatter(0, rows, 7.0), x.scatter(1, rows[:, :2], x[: rows.size(0), :2] * 3),
        x.scatter_add(0, rows, x[: rows.size(0)]), x.index_fill(1, index, -1.0),
        torch.scatter_reduce(x, 0, rows, x[: rows.size(0)], 'amax'),
        x.index_add(0, index, x[: index.size(0)]), x.index_copy(1, index, x[:, : index.size(0)]),
        x.masked_scatter(x > 0.5, -x), torch.select_scatter(x, x[0] * 2, 0, 1),
        torch.slice_scatter(x, x[:, :2], 1, 1, 3),
    )  # fmt: skip


def masked_rows(x):
    """As many results as the data say."""
    chosen = x[x > 0.5]
    places = torch.nonzero(x > 0.5)
    return chosen, places, torch.masked_select(x, x > 0.8)


def sorted_values(x):
    """TopK, sort, and the unique."""
    values, indices = x.topk(2, dim=1)
    least, _ = x.topk(2, dim=-1, largest=False)
    ordered, order = x.sort(dim=1, descending=True)
    third, _ = x.kthvalue(3, dim=1)
    return values, indices, least, ordered, order, x.argsort(-1), third


def unique_values(x):
    """What is there, once."""
    values, inverse, counts = torch.unique((x * 4).long(), return_inverse=True, return_counts=True)
    return values, inverse, counts


def made(x):
    """Tensors made of sizes."""
    height, width = x.shape[-2:]
    rows = torch.arange(height, dtype=x.dtype)
    columns = torch.linspace(-1, 1, width, dtype=x.dtype)
    grid = torch.stack(torch.meshgrid(rows, columns, indexing='ij'), -1)
    return (
        grid, torch.zeros(height, 2) + x.sum(), torch.ones_like(x), torch.full((width,), 0.5),
        torch.arange(1, 2 * height, 3), torch.eye(height), x.new_ones(height, 1), x.numel() * x,
        torch.tensor(height), x * height / width, torch.empty_like(x).fill_(0.25),
    )  # fmt: skip


def rounded_sizes(x):
    """Cuts and pads by arithmetic on sizes."""
    n, c, h, w = x.shape
    x = functional.pad(x, (0, -w % 4, 0, (h + 3) // 4 * 4 - h))
    half = x[:, :, : x.shape[2] // 2, w // 3 :]
    patches = x.view(n, c, x.shape[2] // 4, 4, x.shape[3] // 4, 4).permute(0, 2, 4, 1, 3, 5)
    return half, patches.reshape(n, -1, c * 16), x[..., math.ceil(0.4 * h) :, :]


def products(x, y):
    """Matrix products of all ranks."""
    bias = torch.ones(5, dtype=x.dtype)
    return (
        x @ y, torch.matmul(x[0, 0], y[0]), torch.bmm(x, x.mT),
        torch.addmm(bias, x[0], y[0], beta=0.5, alpha=2), torch.mv(x[0], y[0, :, 0]),
        torch.outer(x[0, 0], y[0, :, 0]), torch.dot(x[0, 0], y[0, :, 0]),
        torch.baddbmm(x @ y, x, y, alpha=0.3), functional.linear(x, y[0].t(), bias),
        torch.tensordot(x, y, dims=([2], [1])), functional.bilinear(x, x, y.new_ones(2, 4, 4)),
        functional.cosine_similarity(x, x * y[:, :, :1].mT, dim=2), torch.cdist(x, x),
        torch.kron(x[0], y[0]), torch.cross(x[..., :3], x[..., 1:], dim=-1),
    )  # fmt: skip


def spectra(x):
    """The short-time transform of a sound, as the real and the imaginary part."""
    window = torch.hann_window(16, dtype=x.dtype)
    spectrum = torch.stft(x, 16, 8, window=window, return_complex=False, center=False)
    return spectrum, spectrum.pow(2).sum(-1).add(1e-6).log()


def fourier(x):
    """Transforms forth and back, with what is complex inside only."""
    spectrum = torch.fft.rfft(x, dim=-1)
    return torch.view_as_real(spectrum), torch.fft.irfft(spectrum * 0.5, n=x.shape[-1])


def quantised(x):
    """What training with rounding leaves in a model."""
    rounded = torch.fake_quantize_per_tensor_affine(x, 0.05, 3, 0, 255)
    scales = torch.tensor([0.02, 0.05], dtype=torch.float32)
    zeros = torch.zeros(2, dtype=torch.int32)
    return rounded, torch.fake_quantize_per_channel_affine(x, scales, zeros, 0, -128, 127)


def bucketed(x):
    """Where values belong among borders."""
    borders = torch.tensor([0.2, 0.4, 0.8], dtype=x.dtype)
    return torch.bucketize(x, borders), torch.searchsorted(borders, x, right=True)


def integers(x):
    """Arithmetic on integers of several types."""
    y = (x * 20).to(torch.int32) - 7
    z = y.to(torch.int64)
    return (
        y // 3, y % 5, torch.div(z, 4, rounding_mode='trunc'), z * z - 1, y.to(torch.uint8),
        z.float() / 7, y.abs().max(), torch.cumsum(z, 1), (z > 2) & (y < 9), z.clamp(0, 3),
        z.sum(1), y.to(torch.int8), z.bool(), y / 4, -z, z.pow(2), torch.bitwise_xor(y, y + 1),
    )  # fmt: skip


class Losses(nn.Module):
    """What a model that is exported with its loss has."""

    def forward(self, x, target):
        return (
            functional.cross_entropy(x, target),
            functional.nll_loss(functional.log_softmax(x, 1), target),
            functional.mse_loss(x, x * 0.5),
            functional.smooth_l1_loss(x, x * 3),
            functional.binary_cross_entropy_with_logits(x, x.sigmoid()),
            functional.kl_div(functional.log_softmax(x, 1), x.softmax(1), reduction='batchmean'),
        )


def of_three_axes(x):
    """[N, C, D, H, W]."""
    return (
        functional.interpolate(x, scale_factor=2, mode='trilinear', align_corners=False),
        functional.interpolate(x, scale_factor=2, mode='nearest'),
        functional.max_pool3d(x, 2),
        functional.avg_pool3d(x, (1, 2, 2)),
        functional.adaptive_avg_pool3d(x, 1),
        functional.pad(x, (1, 1, 1, 1, 1, 1), 'replicate'),
    )


def of_one_axis(x):
    """[N, C, L]."""
    return (
        functional.interpolate(x, scale_factor=2, mode='linear', align_corners=False),
        functional.interpolate(x, size=7, mode='nearest'),
        functional.max_pool1d(x, 3, 2, 1),
        functional.avg_pool1d(x, 2),
        functional.adaptive_avg_pool1d(x, 1),
        functional.pad(x, (2, 1), 'reflect'),
    )


class Bag(nn.Module):
    """Sums of embeddings."""

    def __init__(self):
        super().__init__()
        self.bag = nn.EmbeddingBag(9, 4, mode='mean')
        self.table = nn.Embedding(9, 4, padding_idx=0)

    def forward(self, tokens):
        return self.bag(tokens), self.table(tokens)


def suppressed(boxes, scores):
    """torchvision's non-maximum suppression, and of classes apart."""
    import torchvision

    kept = torchvision.ops.nms(boxes, scores, 0.5)
    classes = (scores * 3).long()
    by_class = torchvision.ops.batched_nms(boxes, scores, classes, 0.5)
    return boxes[kept], scores[kept], kept, boxes[by_class]


def aligned(x, boxes):
    """torchvision's regions of interest."""
    import torchvision

    return (
        torchvision.ops.roi_align(x, boxes, 3, 0.5, 2, aligned=True),
        torchvision.ops.roi_align(x, boxes, (2, 3), 0.5, -1, aligned=False),
    )


class Deformed(nn.Module):
    """torchvision's deformable convolution."""

    def __init__(self):
        super().__init__()
        import torchvision

        self.conv = torchvision.ops.DeformConv2d(3, 4, 3, padding=1)

    def forward(self, x, offset, mask):
        return self.conv(x, offset, mask)
