"""A student, a teacher and a loss of your own, for `fastrti.fit`."""

import torch

from fastrti.training.networks import Autoencoder, Encoder, PlainDecoder


def student(photographs, planes):
    """A narrow encoder, and a decoder that takes the light as two more inputs."""
    return Autoencoder(Encoder(photographs, planes, width=50), PlainDecoder(planes, (24, 24), "relu"))


def linear_teacher(mlic):
    """Each pixel is a linear function of the light direction."""
    solver = torch.linalg.pinv(torch.from_numpy(mlic.lights).float())  # (3, N)

    def teacher(samples, pixels, lights):
        return torch.einsum("lk,kn,ncp->lcp", lights.to(samples), solver.to(samples), samples)

    return teacher


def absolute(rendered, wanted):
    """The mean absolute error."""
    return (rendered - wanted).abs().mean()
