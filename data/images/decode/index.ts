export {
  type DecodedImage,
  decodeImage,
  decodeOpened,
  exifTime,
  type ImageHeader,
  imageHeader,
  type OpenedImage,
  openImage,
} from './decode-image.js';
export { timeTaken } from './exif.js';
export { IMAGE_EXTENSIONS, type ImageFormat } from './formats.js';
export { encodePng } from './png/encode-png.js';
