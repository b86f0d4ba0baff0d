export {
  type CarriedColumn,
  type CarriedValue,
  carriedName,
  IMAGE_FILE_COLUMNS,
  IMAGE_LOOK_COLUMNS,
  isEmbedsColumn,
} from './carried.js';
export { DataError } from './data-error.js';
export type { EventBatch, EventTableSchema } from './event.js';
export { isProbability } from './events/column-roles.js';
export type { EventWriterOptions } from './events/event-columns.js';
export {
  checkEventSchema,
  EMBEDDINGS,
  EVENT_ID,
  IMAGE_URL,
  isReservedColumn,
  type OptionalEventColumn,
  RESERVED_COLUMNS,
  RESERVED_PREFIXES,
  STATISTIC_PREFIX,
  statisticColumn,
  TARGET,
  TIMESTAMP,
} from './events/event-columns.js';
export {
  ARROW_EXTENSIONS,
  type EventFormat,
  eventFormat,
  type ReadableEventFormat,
  readableEventFormat,
} from './events/event-format.js';
export { DEFAULT_IMAGE_URL_TEMPLATE, eventId, eventIdsOf, imageUrl, imageUrlsOf } from './events/event-names.js';
export type { BatchOptions, ColumnChoice, EventSource, OpenEventsOptions } from './events/event-source.js';
export { EventWriter, openEventWriter } from './events/event-writer.js';
export { openEvents } from './events/open-events.js';
export { eventFiles } from './events/read-events-folder.js';
export { float32Text, NotAVector, parseVectorText, vectorText } from './events/vector-text.js';
export { applyCauses, type CauseSetting, causeMake, causeSummary, inOrder } from './images/corrupt/apply-causes.js';
export type { CauseMake } from './images/corrupt/cause-make.js';
export {
  atLevel,
  type CorruptAtLevelOptions,
  type Corruption,
  type CorruptionName,
  type CorruptOptions,
  corruptBatch,
  corruptBatchAtLevel,
  corruptions,
  GRADED_CORRUPTION_NAMES,
  type GradedCorruption,
  type GradedCorruptionName,
  gradedCorruptions,
  LEVELS,
  type Level,
} from './images/corrupt/corruptions.js';
export { CAUSE_FAMILY_NAMES, type CauseFamily, type CauseFamilyName, causeLibrary } from './images/corrupt/library.js';
export {
  type DecodedImage,
  decodeImage,
  encodePng,
  exifTime,
  IMAGE_EXTENSIONS,
  type ImageFormat,
  type ImageHeader,
  imageHeader,
} from './images/decode/index.js';
export { type DepthRange, notDeep, RANGE_HINT, ranged } from './images/depth.js';
export { type Image, imagesOf, type PixelBatch, withChannels } from './images/pixel-batch.js';
export { ImagePool, type ImagePoolOptions } from './images/pool/image-pool.js';
export {
  areReady,
  type ChangePixels,
  type FileFacts,
  type ImageFile,
  type ImageRows,
  loadImageKernels,
  type ReadyImage,
  type ReadyRows,
  type ReadySettings,
  readyImage,
  readyRows,
} from './images/pool/ready-image.js';
export {
  type CropRounding,
  prepareBatch,
  preparedSize,
  prepareImage,
  type ResizeMode,
  type SizeRule,
} from './images/resize/prepare.js';
export { type PillowVersion, type ResizeOptions, resizeImage } from './images/resize/resize.js';
export type { Interpolation } from './images/resize/taps.js';
export { askDepthAt, askDepthOf } from './images/sources/first-images.js';
export { fileStamp } from './images/sources/folder.js';
export {
  type ArraySource,
  type FilesSource,
  type ImageSource,
  imageSourceFrom,
  imageSourceTo,
  MAX_INPUTS,
  openImageSource,
} from './images/sources/image-source.js';
export { fileSetName } from './images/sources/join-pieces.js';
export { labelName, labelNames } from './images/sources/labels.js';
export type { Layout } from './images/sources/layout.js';
export {
  compareKeys,
  entryPlace,
  type ImageEntry,
  type ImageListing,
  type ImagePin,
  type Label,
  MAX_IMAGE_BYTES,
  type RowFile,
  type Unpinned,
} from './images/sources/listing.js';
export {
  type ImageSet,
  type LabelledBatch,
  openImages,
  openImagesIn,
} from './images/sources/npz-images.js';
export { isImageArray, type ListingOptions, openListing } from './images/sources/open-listing.js';
export { openParquetImages, type ParquetImageOptions } from './images/sources/parquet-images.js';
export { type PickedImage, pickImages } from './images/sources/pick-images.js';
export {
  IMAGE_NOT_PINNED,
  openPinned,
  type PinnedFile,
  PinnedImages,
  SOURCE_CHANGED,
} from './images/sources/pinned-images.js';
export { isUrl, openAnywhere, pathOf, type RemoteFiles } from './images/sources/remote.js';
export { isStdin } from './images/sources/stdin.js';
export { isTar } from './images/sources/tar.js';
export { brightnessParts, type ImageLook, imageLooks } from './images/statistics/looks.js';
export {
  CUT_OFF,
  IMAGE_STATISTICS,
  type ImageStatistic,
  imageStatistics,
  statisticNames,
} from './images/statistics/statistics.js';
export type { NpyKind, NpyType, NpyValues } from './npy/dtype.js';
export { encodeNpyHeader, type NpyHeader, npyRowCount, npyRowLength, parseNpyHeader } from './npy/header.js';
export { type NpyArray, type NpyRows, readNpy } from './npy/read.js';
export { NpzFile } from './npz.js';
export type { DecodeOptions, ImageSetOptions, RangeOption } from './options/index.js';
export { isoMilliseconds, timeOf } from './rows/timestamp.js';
export { openTable, openTableIn, type Table, type TableBatch, type TableFormat } from './tables/open-table.js';
export { type FlatColumn, ParquetTableWriter } from './tables/write-parquet-table.js';
