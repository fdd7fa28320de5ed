"""Language models: any causal model of transformers with a chat template."""
