"""The recipe of the starter picture model: drawn scenes, exact captions, a small latent diffusion."""
