"""What Pillow makes of an image file: the oracle for the decoders of `data/images/decode/`."""
import hashlib
import io
import warnings

from PIL import Image, ImageFile, ImageOps

warnings.simplefilter("ignore")
Image.MAX_IMAGE_PIXELS = None


def decoded(data, *, orientation="ignore", background=None, allow_truncated=False):
    """The RGB image, or the error as text."""
    ImageFile.LOAD_TRUNCATED_IMAGES = allow_truncated
    try:
        image = Image.open(io.BytesIO(data))
        if image.size[0] * image.size[1] > 100_000_000:
            return "too large"
        image.load()
        if orientation == "apply":
            image = ImageOps.exif_transpose(image)
        if background is None:
            return image.convert("RGB")
        canvas = Image.new("RGB", image.size, tuple(background))
        layer = image.convert("RGBA")
        canvas.paste(layer, mask=layer)
        return canvas
    except Exception as error:  # Whatever Pillow raises is its refusal.
        return f"{type(error).__name__}: {error}"


def verdict(data, options):
    """One line of the manifest: size and sha256 of the pixels, or the error."""
    image = decoded(data, **options)
    if isinstance(image, str):
        return {"error": image}
    return {
        "width": image.size[0],
        "height": image.size[1],
        "sha256": hashlib.sha256(image.tobytes()).hexdigest(),
    }
