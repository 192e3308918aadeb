"""The training loop: photographs at their lights, and a teacher at these or at new lights."""

import copy
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from fastrti.errors import TrainingError
from fastrti.progress import Progress
from fastrti.training.checkpoint import Checkpoint
from fastrti.training.expert_networks import ExpertNetworks, Trained, networks_of
from fastrti.training.samples import PixelSamples
from fastrti.training.settings import Alpha, Preset

TeacherFunction = Callable[[Tensor, Tensor, Tensor], Tensor]
"""A teacher: (samples, pixels, lights) → what P pixels should look like under L lights.

`samples` (N, 3, P) are the photographs of the pixels, float32 in [0, 1]. `pixels` (P,) are the positions of these
pixels among all pixels that the fit trains on. `lights` (L, 3) are unit vectors, on any device. The answer is (L, 3,
P), float32, on the device of the samples. No gradient flows through it.
"""

Loss = Callable[[Tensor, Tensor], Tensor]
"""An error of rendered colours: (rendered (L, 3, P), wanted (L, 3, P)) → a number to make small."""

CHECKPOINT_STEPS = 500
TOGETHER = 0.6
"""Of the steps: experts are one network until then. So their errors are alike, and means of them are good networks."""
_LEARNED = 0.4  # of the steps: a teacher can be made of the network then, and most steps are still to come
_REPORT_STEPS = 200
_WARM_UP = 0.1  # of the steps, to the peak learning rate
_AVERAGED = 0.02  # of the steps: the horizon of the moving average of the weights
_BETAS = (0.9, 0.99)  # a shorter memory of squared gradients than Adam's 0.999: +0.2 dB in 3,000 steps
_NEGLIGIBLE = 1e-6  # of a mean squared error, a quarter of a level: smaller ones are not worth learning


def root_mean_square(rendered: Tensor, wanted: Tensor) -> Tensor:  # (L, 3, P), (L, 3, P) → ()
    """The mean over lights of the root-mean-square error.

    In a mean of squared errors, the few lights under which nothing fits decide everything. PSNR is a mean over lights
    of logarithms, which avoids this. The root is a compromise between the two.
    """
    return ((rendered - wanted).square().mean((1, 2)) + _NEGLIGIBLE).sqrt().mean()


def mean_square(rendered: Tensor, wanted: Tensor) -> Tensor:  # (L, 3, P), (L, 3, P) → ()
    """The mean squared error, the loss of NeuralRTI and DisK-NeuralRTI."""
    return functional.mse_loss(rendered, wanted)


@dataclass(frozen=True, eq=False)
class Task:
    """What a network learns from.

    Attributes:
        name: of the loop, in progress and in checkpoints.
        samples: the pixels.
        lights: (N, 3) of the photographs.
        teacher: answers at lights. None learns from photographs alone.
        at_new_lights: ask the teacher at random new lights. Otherwise it is asked at the photographed lights of the
            step.
        alpha: weight α of the photographs at the first step and at the last, linear between. The teacher has the weight
            1 − α. This is the loss of DisK-NeuralRTI, where α is constant.
        loss: of rendered colours.
        trust: (P,) of all pixels. Differences from the teacher's answers are multiplied by it. None stands for 1.
        teacher_from: makes a better teacher of a copy of the network, as it is after 40 % of the steps. None keeps the
            teacher.
    """

    name: str
    samples: PixelSamples
    lights: Tensor
    teacher: TeacherFunction | None = None
    at_new_lights: bool = False
    alpha: Alpha = (1.0, 1.0)
    loss: Loss = root_mean_square
    trust: Tensor | None = None
    teacher_from: Callable[[Trained], TeacherFunction] | None = None


def train(
    network: Trained,
    task: Task,
    preset: Preset,
    generator: torch.Generator,
    checkpoint: Checkpoint,
    score: Callable[[Trained], str] | None = None,
) -> tuple[Trained, int]:
    """Trains with Adam on a one-cycle schedule. Ctrl-C ends the training early.

    Where the pixels have experts, one network learns from all of them for most steps. Then each expert starts from
    a copy of it and of its optimiser's state, and learns from its own pixels. All of them learn at once.

    Args:
        network: one network, or experts that have learned already.
        task: pixels, lights and teacher.
        preset: steps, batch shape and learning rate.
        generator: draws pixels and lights; on the CPU.
        checkpoint: keeps the state of the loop, which resumes from it.
        score: describes the averaged network in a few words for who watches. None says nothing.

    Returns:
        The exponential moving average of the network, and the steps done.

    Raises:
        TrainingError: the loss is no longer finite.
    """
    device = task.lights.device
    decay = 1 - 1 / max(_AVERAGED * preset.steps, 1)
    learner, experts = _Learner(network), len(task.samples.parts)
    together = int(TOGETHER * preset.steps) if experts > 1 else preset.steps
    learned = int(_LEARNED * preset.steps) if task.teacher_from else preset.steps
    if checkpoint.steps_done(task.name) > learned:
        learner.keep()
    if checkpoint.steps_done(task.name) > together:
        learner.split(experts)
    done = checkpoint.resume(task.name, learner.parts, generator, preset.steps)
    teacher = task.teacher
    words = ""
    with Progress(f"training {task.name}", preset.steps, done) as progress, suppress(KeyboardInterrupt):
        while done < preset.steps:
            if task.teacher_from is not None and teacher is task.teacher and done >= learned:
                teacher = task.teacher_from(learner.kept or learner.keep())
            if done == together:
                learner.split(experts)
            learner.optimizer.param_groups[0]["lr"] = preset.learning_rate * one_cycle(done / preset.steps)
            pixels = task.samples.draw(preset.pixels, generator).to(device)
            photographed = torch.randperm(len(task.lights), generator=generator)
            photographed = photographed[: preset.photographed_lights].to(device)
            samples = task.samples.batch(pixels)  # (N, 3, P)
            lights = asked = task.lights[photographed]
            if task.at_new_lights:
                # On the CPU, where the interpolator wants them.
                asked = new_lights(preset.new_lights, generator, preset.lowest_new_light)
                lights = torch.cat([lights, asked.to(device)])

            rendered = learner.network(samples, lights)  # (L, 3, P)
            error = task.loss(rendered[: len(photographed)], samples[photographed])
            if teacher is not None:
                with torch.no_grad():
                    taught = teacher(samples, pixels, asked)
                    trust = 1.0 if task.trust is None else task.trust[pixels]
                alpha = task.alpha[0] + (task.alpha[1] - task.alpha[0]) * done / preset.steps
                error = alpha * error + (1 - alpha) * task.loss(trust * rendered[-len(asked) :], trust * taught)
            learner.optimizer.zero_grad()
            error.backward()  # type: ignore[no-untyped-call]
            if preset.longest_gradient is not None:
                nn.utils.clip_grad_norm_(learner.network.parameters(), preset.longest_gradient)
            learner.optimizer.step()
            _move_average(learner.average, learner.network, 1 - decay)

            done += 1
            if done % _REPORT_STEPS == 0 or done == preset.steps:
                _check_finite(error.item(), task.name, done)
                if score is not None:
                    words = f"loss {error.item():.2e}, {score(learner.average)}"
            if done % CHECKPOINT_STEPS == 0 or done == preset.steps:
                state = {name: part.state_dict() for name, part in learner.parts.items()}
                checkpoint.save(task.name, {**state, "generator": generator.get_state(), "step": done})
            progress.step(words=words)
    if experts > 1:
        learner.split(experts)  # where the training ended before they were
    return learner.average, done  # after Ctrl-C the average so far is the result, and `done` says how far it came


class _Learner:
    """What changes while a network learns.

    Attributes:
        network: it, or several experts.
        average: the moving average of its weights.
        optimizer: Adam and its averages of gradients.
        kept: the average as it once was, or None.
    """

    kept: Trained | None = None

    def __init__(self, network: Trained):
        self.network, self.average = network, copy.deepcopy(network).requires_grad_(False)
        self.optimizer = _adam(network)

    @property
    def parts(self) -> dict[str, nn.Module | Optimizer]:
        """What a checkpoint keeps, by name."""
        parts: dict[str, nn.Module | Optimizer] = {
            "network": self.network,
            "average": self.average,
            "optimizer": self.optimizer,
        }
        return parts if self.kept is None else {**parts, "kept": self.kept}

    def keep(self) -> Trained:
        """Keeps the average as it is now."""
        self.kept = copy.deepcopy(self.average)
        return self.kept

    def split(self, experts: int) -> None:
        """Makes one network so many experts, which start alike. Experts stay as they are."""
        if isinstance(self.network, ExpertNetworks):
            return
        one, known = self.network, self.optimizer.state
        self.network, self.average = (ExpertNetworks(networks_of(each) * experts) for each in (one, self.average))
        self.optimizer = _adam(self.network)
        for before, after in zip(one.parameters(), self.network.parameters()):
            if before in known:
                self.optimizer.state[after] = {
                    name: value if name == "step" else value.expand(after.shape).clone()
                    for name, value in known[before].items()
                }


def _adam(network: Trained) -> torch.optim.Adam:
    # The loop sets the learning rate of each step.
    return torch.optim.Adam(network.parameters(), betas=_BETAS, fused=True)


def one_cycle(progress: float) -> float:
    """Share of the peak learning rate at a progress of 0 to 1: cosine up from 1/25, then cosine down to 0.

    Source: Smith & Topin 2018, super-convergence.
    """
    if progress < _WARM_UP:
        return 0.04 + 0.96 * (0.5 - 0.5 * math.cos(math.pi * progress / _WARM_UP))
    return 0.5 + 0.5 * math.cos(math.pi * (progress - _WARM_UP) / (1 - _WARM_UP))


def new_lights(count: int, generator: torch.Generator, lowest: float) -> Tensor:
    """(count, 3) random light directions, uniform in azimuth and in elevation from `lowest` degrees to 90°."""
    elevation, azimuth = torch.rand(2, count, generator=generator)
    low = math.radians(lowest)
    elevation = low + (math.pi / 2 - low) * elevation
    azimuth = 2 * math.pi * azimuth
    return torch.stack([elevation.cos() * azimuth.cos(), elevation.cos() * azimuth.sin(), elevation.sin()], dim=1)


@torch.no_grad()
def _move_average(average: nn.Module, network: nn.Module, share: float) -> None:
    """average += share · (network − average)."""
    for kept, current in zip(average.parameters(), network.parameters()):
        kept.lerp_(current, share)


def _check_finite(loss: float, loop: str, step: int) -> None:
    if not math.isfinite(loss):
        raise TrainingError(
            f"expected a finite loss of {loop}, got {loss} at step {step}: "
            "check the photographs, or fit with another seed"
        )
