"""The LMS sampler, without the scipy that diffusers' own class needs for its integrals."""

from __future__ import annotations

from typing import Any

import numpy as np
from diffusers import EulerDiscreteScheduler
from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteSchedulerOutput
from numpy.polynomial import Polynomial

ORDER = 4


class LinearMultistepScheduler(EulerDiscreteScheduler):  # type: ignore[misc]  # untyped base
    """Adams-Bashforth over the noise levels (Katherine Crowson's k-diffusion, ``sample_lms``).

    Noise levels, time steps and input scaling are those of Euler; a step adds the integrals of the
    Lagrange polynomials through the last ``ORDER`` derivatives, which are exact for polynomials, so
    no quadrature is needed.
    """

    def set_timesteps(self, *args: Any, **kwargs: Any) -> None:
        """Prepare a run; forgets the derivatives of the one before."""
        super().set_timesteps(*args, **kwargs)
        self._derivatives: list[Any] = []

    def step(
        self, model_output: Any, timestep: Any, sample: Any, return_dict: bool = True, **kwargs: Any
    ) -> Any:
        """Do one step; arguments and result as in ``EulerDiscreteScheduler.step``."""
        kwargs.pop("generator", None)
        euler = super().step(model_output, timestep, sample, return_dict=True, **kwargs)
        index = int(self.step_index) - 1
        levels = self.sigmas.numpy()
        wide = sample.float()
        derivative = (wide - euler.pred_original_sample.float()) / float(levels[index])
        self._derivatives = [*self._derivatives, derivative][-ORDER:]
        order = len(self._derivatives)
        result = wide
        for position, past in enumerate(reversed(self._derivatives)):
            result = result + coefficient(levels, index, order, position) * past
        previous = result.to(model_output.dtype)
        if not return_dict:
            return (previous, euler.pred_original_sample)
        return EulerDiscreteSchedulerOutput(
            prev_sample=previous, pred_original_sample=euler.pred_original_sample
        )


def coefficient(levels: np.ndarray, index: int, order: int, position: int) -> float:
    """Integrate, over one step, the Lagrange polynomial that is 1 at one past noise level.

    Args:
        levels: noise levels of the run, descending.
        index: the step goes from ``levels[index]`` to ``levels[index + 1]``.
        order: how many past levels the polynomials pass through.
        position: which of them this one is 1 at; 0 is ``levels[index]``.
    """
    here = float(levels[index - position])
    polynomial = Polynomial([1.0])
    for other in range(order):
        if other != position:
            there = float(levels[index - other])
            polynomial = polynomial * Polynomial([-there, 1.0]) / (here - there)
    integral = polynomial.integ()
    return float(integral(float(levels[index + 1])) - integral(float(levels[index])))
