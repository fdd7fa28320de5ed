"""The recipe of the starter picture model: drawn scenes, exact captions, latent diffusion."""
