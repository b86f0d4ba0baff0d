def bmps(images):
    yield from ()
