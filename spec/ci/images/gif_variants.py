def gifs(images):
    yield from ()
