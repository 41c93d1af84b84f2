"""Tables that answer a question somebody asks."""
