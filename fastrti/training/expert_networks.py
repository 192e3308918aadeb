"""Several networks that are trained at once, each on its own pixels: the experts of one object."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state

from fastrti.training.networks import Autoencoder


class ExpertNetworks(nn.Module):
    """Networks of one shape as one: their parameters are stacked, so that a step is a few batched products.

    Experts share nothing. Each has an encoder and a decoder of its own.

    Args:
        networks: two or more of one shape, one per expert.
    """

    def __init__(self, networks: Sequence[Autoencoder]):
        super().__init__()
        parameters, buffers = stack_module_state(list(networks))
        self._names, self._buffer_names = list(parameters), list(buffers)
        self.stacked = nn.ParameterList(
            nn.Parameter(values.detach(), values.requires_grad) for values in parameters.values()
        )
        for number, values in enumerate(buffers.values()):
            self.register_buffer(f"buffer{number}", values)
        self._form = [copy.deepcopy(networks[0])]  # in a list: its own parameters are not among these
        self.count = len(networks)

    def forward(self, samples: Tensor, lights: Tensor) -> Tensor:  # (N, 3, P), (L, 3) → (L, 3, P)
        """The colours of P pixels under L lights: P / count pixels of each expert, one expert after the other."""

        def one(parameters: dict[str, Tensor], buffers: dict[str, Tensor], own: Tensor) -> Tensor:
            colours: Tensor = functional_call(self._form[0], (parameters, buffers), (own, lights))
            return colours

        parts = samples.reshape(*samples.shape[:2], self.count, -1)
        drawn = torch.vmap(one, in_dims=(0, 0, 2), out_dims=2)(self._parameters_by_name(), self._by_name(), parts)
        return drawn.flatten(2)

    def networks(self) -> list[Autoencoder]:
        """The network of each expert, with a copy of its parameters."""
        networks = []
        for number in range(self.count):
            network = copy.deepcopy(self._form[0]).requires_grad_(False)
            own = {**self._parameters_by_name(), **self._by_name()}
            with torch.no_grad():
                for name, values in (*network.named_parameters(), *network.named_buffers()):
                    values.copy_(own[name][number])
            networks.append(network.to(self.stacked[0].device))
        return networks

    def _parameters_by_name(self) -> dict[str, Tensor]:
        return dict(zip(self._names, self.stacked))

    def _by_name(self) -> dict[str, Tensor]:
        return {name: getattr(self, f"buffer{number}") for number, name in enumerate(self._buffer_names)}


Trained = Autoencoder | ExpertNetworks
"""What a training loop trains."""


def networks_of(trained: Trained) -> list[Autoencoder]:
    """The networks, one per expert."""
    return trained.networks() if isinstance(trained, ExpertNetworks) else [trained]


def joined(networks: Sequence[Autoencoder]) -> Trained:
    """One network as it is, several as one that trains them at once."""
    return networks[0] if len(networks) == 1 else ExpertNetworks(networks)
