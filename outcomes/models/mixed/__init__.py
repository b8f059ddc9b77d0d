"""Mixed models: the engine, its checks, and the inference in small samples."""
