/** Image files: what their headers say, and their pixels as Pillow decodes them. */
export { decodeFor, decodeImage } from './decode-image.js';
export { DECODE_OPTIONS, type DecodedImage, type DecodeOptions, type ImageHeader } from './decode-options.js';
export { exifTime } from './exif-time.js';
export { IMAGE_EXTENSIONS, type ImageFormat } from './image-format.js';
export { imageHeader } from './image-header.js';
export { encodePng } from './png/encode-png.js';
export { isClippedGray } from './png/png-header.js';
