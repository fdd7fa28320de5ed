"""Write: conversations with a language model. Built when it is first shown."""
