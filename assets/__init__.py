"""What the firm's data is: declarations only, nothing happens on import."""
