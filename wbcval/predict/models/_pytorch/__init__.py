"""What needs PyTorch to be imported: apart, so that looking for a backend does not import it."""
