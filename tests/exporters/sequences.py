"""Recurrent networks, and programs with loops and branches for torch.jit.script."""

import torch
from torch import nn


class Recurrent(nn.Module):
    """An LSTM, GRU or RNN of several layers and directions; gives all its results."""

    def __init__(self, kind, batch_first=True, layers=2, bidirectional=True, **options):
        super().__init__()
        self.cells = kind(
            5, 6, num_layers=layers, batch_first=batch_first, bidirectional=bidirectional, **options
        )
        self.head = nn.Linear(12 if bidirectional else 6, 3)

    def forward(self, x):
        found, state = self.cells(x)
        if isinstance(state, tuple):
            return (self.head(found), *state)
        return self.head(found), state


class Continued(nn.Module):
    """An LSTM that goes on from a state that it is given."""

    def __init__(self):
        super().__init__()
        self.cells = nn.LSTM(4, 5)

    def forward(self, x, hidden, cell):
        found, (hidden, cell) = self.cells(x, (hidden, cell))
        return found, hidden, cell


class Cells(nn.Module):
    """One step after the other by cells, unrolled by a trace."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTMCell(4, 5)
        self.gru = nn.GRUCell(5, 3)

    def forward(self, x):
        hidden = x.new_zeros(x.shape[1], 5)
        cell = x.new_zeros(x.shape[1], 5)
        state = x.new_zeros(x.shape[1], 3)
        found = []
        for step in x.unbind(0):
            hidden, cell = self.lstm(step, (hidden, cell))
            state = self.gru(hidden, state)
            found.append(state)
        return torch.stack(found)


class Trips(nn.Module):
    """As many trips as there are rows: a Loop that knows their number."""

    def __init__(self):
        super().__init__()
        self.mix = nn.Linear(4, 4)

    def forward(self, x):
        state = torch.zeros(4, dtype=x.dtype)
        found: list[torch.Tensor] = []
        for i in range(x.size(0)):
            state = torch.tanh(self.mix(state) + x[i])
            found.append(state)
        return torch.stack(found)


class While(nn.Module):
    """Until it is small: a Loop that ends by its condition."""

    def forward(self, x, limit):
        trips = torch.zeros(1, dtype=torch.int64)
        while bool(x.abs().sum() > limit.sum()):
            x = x * 0.75
            trips = trips + 1
        return x, trips


class Branch(nn.Module):
    """An If whose branches give results of different make, with an If inside."""

    def __init__(self):
        super().__init__()
        self.small, self.large = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        if bool(x.sum() > 2.0):
            y = self.large(x)
            if x.size(0) > 2:
                y = y[:2] * 2.0
        else:
            y = self.small(x).relu()
        return y


class LoopOfConvolutions(nn.Module):
    """The same convolution as often as the third input says."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 2, 3, padding=1)

    def forward(self, x, times: int):
        for _ in range(times):
            x = torch.tanh(self.conv(x)) + x
        return x


class Growing(nn.Module):
    """Values whose shapes change from trip to trip."""

    def forward(self, x):
        found = x[:1]
        for i in range(1, x.size(0)):
            found = torch.cat([found, x[i : i + 1] + found[-1:]], dim=0)
            if bool(found.sum() > 6.0):
                found = found * 0.5
        return found
