"""Pictures that are generated, so that nobody owns what the models learned from."""
